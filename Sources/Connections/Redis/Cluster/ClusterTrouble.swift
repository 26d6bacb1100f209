/// Why a node of a cluster has not done a command that another node, or a later moment, may do. It did nothing of it, unless it is
/// `down`.
package enum ClusterTrouble: Hashable, Sendable {
    /// Another node has the slot.
    case moved
    /// The slot is just being handed over: from one node to another, key by key.
    case migrating
    /// The node does not serve, or does not answer: what became of the command is unknown.
    case down
}

extension RedisError {
    /// What it means in a cluster; nil: it is about the command, not about the node.
    package var clusterTrouble: ClusterTrouble? {
        switch prefix {
        case .moved?: .moved
        case .ask?, .tryAgain?: .migrating
        case .clusterDown?: .down
        default: isConnectionDead ? .down : nil
        }
    }

    /// An answer of a node that says that it is not the one, or not now: on the connection to a node that ends nothing, for other
    /// slots are there.
    package var asRedirection: RedisError? {
        switch prefix {
        case .moved?, .ask?, .tryAgain?, .clusterDown?:
            RedisError(.redirected, message, prefix: prefix, command: command)
        default: nil
        }
    }

    /// `MOVED 3999 127.0.0.1:6381`: which slot, and who has it now.
    ///
    /// - Parameter asked: Who answered: where it gives no host, it means its own.
    package func movedTo(from asked: ClusterNode) -> (slot: HashSlot, node: ClusterNode)? {
        guard prefix == .moved else { return nil }
        let words = message.split(separator: " ")
        guard words.count >= 3, let slot = Int(words[1]).flatMap({ HashSlot($0) }),
            let colon = words[2].lastIndex(of: ":"), let port = Int(words[2][words[2].index(after: colon)...])
        else { return nil }
        let host = String(words[2][..<colon])
        return ClusterNode(host: host.isEmpty ? asked.host : host, port: port).map { (slot, $0) }
    }
}
