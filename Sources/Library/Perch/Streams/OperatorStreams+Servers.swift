import Redis

/// What Redis says of itself: the one server, or each master of a cluster.
package enum ServerFacts {
    case one(RedisInfo)
    /// - Parameter uncovered: How many slots no node has.
    case cluster(masters: [(node: String, facts: NodeFacts)], uncovered: Int)

    package enum NodeFacts {
        case told(RedisInfo, ClusterReport)
        /// It does not answer.
        case away(reason: String)
    }
}

/// The answer of INFO, by name.
package struct RedisInfo {
    private var values: [Substring: String] = [:]

    init(_ text: String) {
        for line in text.split(whereSeparator: \.isNewline) {
            guard let colon = line.firstIndex(of: ":") else { continue }
            values[line[..<colon]] = String(line[line.index(after: colon)...])
        }
    }

    /// As Redis wrote it; nil: it says nothing of that.
    package subscript(name: Substring) -> String? { values[name] }
}

extension OperatorStreams {
    /// Asks the server, or all masters of the cluster; one that is away is an answer.
    package func serverFacts() throws -> ServerFacts {
        guard let cluster = (channel as? ClusterChannel)?.connections else { return .one(try info(of: channel)) }
        // As it is known before a node is found away.
        let uncovered = HashSlot.count - cluster.map.covered
        let masters = try cluster.map.masters.map { node in
            (node: "\(node)", facts: try facts(of: node, in: cluster))
        }
        return .cluster(masters: masters, uncovered: uncovered)
    }

    /// The server's clock, of a cluster any node's: whole seconds since 1970.
    package func time() throws -> Double {
        try channel.execute(RedisCommand("TIME")) { reply in
            Double(try reply.withElement(0) { try $0.string() }) ?? 0
        }
    }

    private func facts(of node: ClusterNode, in cluster: ClusterConnections) throws -> ServerFacts.NodeFacts {
        do {
            let connection = try cluster.connection(to: node)
            return .told(try info(of: connection), try report(of: connection, "\(node)"))
        } catch let error as RedisError where error.isConnectionDead {
            cluster.note(error, from: node)
            return .away(reason: error.message)
        }
    }

    private func report(of connection: RedisConnection, _ name: String) throws -> ClusterReport {
        let info = try connection.execute(RedisCommand("CLUSTER INFO")) { try $0.string() }
        let nodes = try answer(of: connection, to: RedisCommand("CLUSTER NODES")) { try $0.string() }
        let setting = try answer(of: connection, to: RedisCommand("CONFIG GET", "cluster-require-full-coverage")) {
            try $0.count > 1 ? try $0.withElement(1) { try $0.string() == "yes" } : nil
        }
        return ClusterReport(of: name, info: info, nodes: nodes, wantsAllSlots: setting.value ?? nil)
    }

    /// What a user has no right to ask is an answer.
    private func answer<Value>(
        of connection: RedisConnection,
        to command: RedisCommand,
        _ body: (borrowing RedisReply) throws -> Value
    ) throws -> StreamAnswer<Value> {
        do {
            return .told(try connection.execute(command, body))
        } catch let error as RedisError where error.isAnswer && !error.isConnectionDead {
            return .troubled(reason: error.message)
        }
    }

    private func info(of channel: any RedisChannel) throws -> RedisInfo {
        RedisInfo(try channel.execute(RedisCommand("INFO")) { try $0.string() })
    }
}
