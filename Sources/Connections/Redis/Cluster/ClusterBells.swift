/// The wait for entries in several nodes at once: whoever appends to a stream rings by SPUBLISH in the channel of the stream's name,
/// and here one listens, by a second connection to each node.
///
/// A ring may be lost; whoever waits looks once more when its time is over. Not `Sendable`: it belongs to its connections' thread.
package final class ClusterBells {
    private final class Bell {
        let connection: RedisConnection
        /// What was asked for and is not given up.
        var channels: Set<String> = []
        /// Subscriptions that are not answered yet, oldest first: an error does not name its channel.
        var asked: [String] = []

        init(_ connection: RedisConnection) { self.connection = connection }
    }

    private let connections: ClusterConnections
    private let interruption: Int32
    private var bells: [ClusterNode: Bell] = [:]

    /// - Parameter interruption: A descriptor that ends a wait when it can be read; below zero: none.
    package init(_ connections: ClusterConnections, interruption: Int32) {
        (self.connections, self.interruption) = (connections, interruption)
    }

    /// Waits until one of the channels rings, or the time is over. A channel that is listened to from now on counts as one that has
    /// rung: something may have come before. Where a node is away nothing rings.
    ///
    /// - Returns: Those that have rung; none where the time is over, or the wait was ended.
    package func wait(for channels: [ClusterNode: [String]], atMost limit: Duration) -> Set<String> {
        let deadline = ContinuousClock.now + limit
        for node in Array(bells.keys) where channels[node] == nil { bells[node] = nil }
        for (node, names) in channels { listen(to: Set(names), of: node) }
        let wanted = Set(channels.values.joined())
        while true {
            let rung = take().intersection(wanted)
            if !rung.isEmpty { return rung }
            var sockets = [interruption]
            for bell in bells.values { if let socket = bell.connection.descriptor { sockets.append(socket) } }
            guard SocketGroup.waitForAny(of: sockets, until: deadline), !isInterrupted else { return [] }
        }
    }

    /// What has rung before a look is in that look.
    package func forgetRings() { _ = take() }

    private var isInterrupted: Bool {
        interruption >= 0 && SocketGroup.isReadable(interruption)
    }

    private func listen(to names: Set<String>, of node: ClusterNode) {
        do {
            let bell = try bells[node] ?? Bell(try connections.connect(to: node))
            bells[node] = bell
            let (more, less) = (names.subtracting(bell.channels), bell.channels.subtracting(names))
            guard !more.isEmpty || !less.isEmpty else { return }
            let asked = more.sorted()
            // Each by itself: channels of several slots are refused in one command.
            try bell.connection.sendForMessages(
                asked.map { RedisCommand("SSUBSCRIBE", $0) } + less.map { RedisCommand("SUNSUBSCRIBE", $0) }
            )
            bell.asked += asked
            bell.channels = names
        } catch {
            bells[node] = nil
        }
    }

    /// All that has come.
    private func take() -> Set<String> {
        var rung: Set<String> = []
        for (node, bell) in bells {
            do {
                while let channel = try bell.connection.takeMessage({ read($0, by: bell, from: node) }) {
                    if let channel { rung.insert(channel) }
                }
            } catch {
                // What it would have told is not known: all of its channels are looked at.
                rung.formUnion(bell.channels)
                bells[node] = nil
            }
        }
        return rung
    }

    /// - Returns: Which channel is to be looked at.
    private func read(_ message: borrowing RedisReply, by bell: Bell, from node: ClusterNode) -> String? {
        if let error = message.error {
            // A slot that has moved, or a right that is missing.
            connections.note(error.asRedirection ?? error, from: node)
            guard !bell.asked.isEmpty else { return nil }
            let channel = bell.asked.removeFirst()
            bell.channels.remove(channel)
            return error.clusterTrouble == nil ? nil : channel
        }
        guard let kind = try? message.withElement(0, { try $0.string() }),
            let channel = try? message.withElement(1, { try $0.string() })
        else { return nil }
        switch kind {
        case "smessage": return channel
        case "ssubscribe":
            if let place = bell.asked.firstIndex(of: channel) { bell.asked.remove(at: place) }
            return channel
        case "sunsubscribe":
            // Its slot has gone to another node, unless it was asked for.
            guard bell.channels.remove(channel) != nil else { return nil }
            connections.doubtMap(of: node)
            return channel
        default: return nil
        }
    }
}
