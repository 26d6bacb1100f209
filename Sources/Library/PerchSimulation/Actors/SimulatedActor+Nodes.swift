import PerchProtocol

/// Commands that go to several nodes of a cluster, those of one node at once.
struct NodeCall {
    let commands: [RedisCommand]
    var replies: [RedisReply?]
    /// Which are on their way, and where to.
    var asked: [Int] = []
    var address = 0
    var since: Int64 = 0

    init(_ commands: [RedisCommand]) {
        self.commands = commands
        replies = commands.map { _ in nil }
    }
}

extension SimulatedActor {
    /// Asks the nodes that have the streams, one after the other: the answer is one, as if there were one server. What a node that is
    /// away was to do is answered by `.away`.
    func ask(_ commands: [RedisCommand]) {
        nodeCall = NodeCall(commands)
        askNext()
    }

    private func askNext() {
        guard var call = nodeCall else { return }
        known.refreshIfDue(simulation, of: process)
        guard !known.isCutOff, !known.addresses.isEmpty else { return lose() }
        guard let first = call.replies.firstIndex(where: { $0 == nil }) else { return }
        call.address = address(first, call)
        call.asked = call.replies.indices.filter { call.replies[$0] == nil && address($0, call) == call.address }
        call.since = simulation.now
        nodeCall = call
        if known.isResting(call.address, simulation.now) {
            // As one that refuses at once.
            awaitedLink = nil
            return simulation.queue.schedule(.timeout(actor: index, token: token), at: simulation.now + 1)
        }
        simulation.send(call.asked.map { call.commands[$0] }, to: call.address, from: self, by: call.address)
    }

    /// One that is about no stream goes where the next one goes.
    private func address(_ index: Int, _ call: NodeCall) -> Int {
        known.addresses[call.commands[index...].lazy.compactMap(\.stream).first ?? 0]
    }

    /// The whole call is lost.
    private func lose() {
        nodeCall = nil
        awaitedLink = nil
        simulation.queue.schedule(.timeout(actor: index, token: token), at: simulation.now + simulation.latency())
    }

    /// - Returns: What has come of the whole call; nil: it goes on.
    func take(_ reply: Reply, of call: NodeCall) -> Reply? {
        var call = call
        if case .redis(let replies) = reply {
            for (index, reply) in zip(call.asked, replies) {
                call.replies[index] = reply
                if case .refused(.moved(let address)) = reply, let stream = call.commands[index].stream {
                    known.move(stream, to: address)
                }
            }
        } else {
            if simulation.sabotage == endingAll {
                nodeCall = nil
                return .broken
            }
            let isAway = simulation.nodes.all[simulation.nodes.nodes[call.address]].isSilent
            known.rest(call.address, after: isAway ? simulation.now - call.since : 0, simulation.now)
            for index in call.asked { call.replies[index] = .refused(.away) }
        }
        nodeCall = call
        let replies = call.replies.compactMap(\.self)
        guard replies.count < call.commands.count else {
            nodeCall = nil
            return .redis(replies)
        }
        askNext()
        return nil
    }

    /// By which sabotage a node that is away is the end of all.
    var endingAll: Sabotage { role == .worker ? .oneNodeAwayEndsAll : .oneLaneAwayEndsAll }
}
