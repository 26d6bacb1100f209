/// All nodes of a cluster as one channel: each command goes to the node that has its key, one without a key to any node, and replies come
/// in the order of the commands.
///
/// For who asks now and then. A node that is away fails its own commands only, as `.redirected`: the others' replies come. Not
/// `Sendable`: it belongs to one thread.
package final class ClusterChannel: RedisChannel {
    /// Where a reply comes from, or why none does.
    private enum Awaited {
        case node(ClusterNode, RedisConnection)
        case failed(any Error)
    }

    package let connections: ClusterConnections
    private var awaited: [Awaited] = []
    private var unsent: Set<ClusterNode> = []

    package init(_ connections: ClusterConnections) { self.connections = connections }

    /// Whether no node of the cluster answers any more.
    package var isDead: Bool { connections.isCutOff }

    package var outstanding: Int { awaited.count }

    package func send(_ command: RedisCommand) throws(RedisError) {
        do {
            let node = try node(of: command)
            let connection = try connections.connection(to: node)
            try connection.send(command)
            awaited.append(.node(node, connection))
            unsent.insert(node)
        } catch {
            awaited.append(.failed(error))
        }
    }

    /// Commands that were made before do not tell their key: who has some speaks to the node itself.
    package func send(_ name: StaticString, encoded: UnsafeRawBufferPointer, count: Int) throws(RedisError) {
        throw RedisError(.misuse, "commands that were made before are sent to a node", command: name.description)
    }

    package func flush() throws(RedisError) {
        for node in unsent {
            do { try connections.standing(of: node)?.flush() } catch { connections.note(error, from: node) }
        }
        unsent = []
    }

    package func receive<R>(_ body: (borrowing RedisReply, ReplyMemory) throws -> R) throws -> R {
        // All nodes are asked before one is waited for.
        try flush()
        guard !awaited.isEmpty else { throw RedisError(.misuse, "no reply is outstanding") }
        switch awaited.removeFirst() {
        case .failed(let error): throw Self.ofOneNode(error)
        case .node(let node, let connection):
            do {
                return try connection.receive(body)
            } catch let error as RedisError {
                connections.note(error, from: node)
                throw Self.ofOneNode(error)
            }
        }
    }

    package func receiveOutstanding() throws {
        var first: (any Error)?
        while outstanding > 0 {
            do {
                try receive { _, _ in }
            } catch let error as RedisError where error.isAnswer && !error.isConnectionDead {
                first = first ?? error
            }
        }
        if let first { throw first }
    }

    /// No wait of its own is ended: nothing that is sent this way blocks for long.
    package func interruptible<R>(by descriptor: Int32, _ body: () throws -> R) rethrows -> R { try body() }

    private func node(of command: RedisCommand) throws(RedisError) -> ClusterNode {
        if let key = command.key { return try connections.node(of: HashSlot(ofBytes: key)) }
        guard let any = connections.map.masters.first else {
            throw RedisError(.redirected, "the cluster has no node", prefix: .clusterDown)
        }
        return any
    }

    /// That one node is away is not the end of the channel.
    private static func ofOneNode(_ error: any Error) -> any Error {
        guard let error = error as? RedisError, error.isConnectionDead else { return error }
        return RedisError(.redirected, error.message, prefix: .clusterDown, command: error.command)
    }
}

extension RedisCommand {
    /// The key of a command that has one, as it is among those that are sent here; nil: it has none.
    var key: [UInt8]? {
        let arguments = arguments
        let words = arguments.prefix(3).map { String(decoding: $0, as: UTF8.self).uppercased() }
        guard let name = words.first else { return nil }
        switch name {
        case "XINFO", "XGROUP": return arguments.count > 2 ? arguments[2] : nil
        case "XREAD", "XREADGROUP":
            // Of several keys the first: those of one command are in one slot, or it is refused.
            let streams = arguments.firstIndex { String(decoding: $0, as: UTF8.self).uppercased() == "STREAMS" }
            return streams.flatMap { $0 + 1 < arguments.count ? arguments[$0 + 1] : nil }
        case "INFO", "PING", "TIME", "CLUSTER", "CONFIG", "CLIENT", "ACL", "COMMAND", "ROLE": return nil
        default: return arguments.count > 1 ? arguments[1] : nil
        }
    }
}
