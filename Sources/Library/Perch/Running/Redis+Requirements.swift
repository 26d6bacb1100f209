import Redis

/// The server is set up so that it would lose events, or in a way that Perch does not speak to.
enum UnfitRedis: Error, CustomStringConvertible {
    /// It evicts keys, by this policy.
    case evicts(String)
    /// It is a node of a cluster, spoken to as if it were alone, and the streams lie on several of them.
    case isCluster

    var description: String {
        switch self {
        case .evicts(let policy):
            """
            Redis evicts keys when it is full (maxmemory-policy \(policy)), which drops whole streams: \
            set maxmemory-policy noeviction, in redis.conf or by CONFIG SET
            """
        case .isCluster:
            """
            Redis is a node of a cluster (cluster_enabled:1), and the streams lie on several of them: use a URL that begins \
            with redis+cluster:// or rediss+cluster://, or keep all streams in one slot by a namespace in braces, such as \
            {perch}, and an address that follows the master of that slot
            """
        }
    }
}

extension StreamNaming {
    /// Whether all keys are in one slot of a cluster: the namespace holds a hash tag.
    /// <https://redis.io/docs/latest/operate/oss_and_stack/reference/cluster-spec/#hash-tags>
    package var isOfOneSlot: Bool {
        guard let open = namespace.firstIndex(of: "{") else { return false }
        let inner = namespace[namespace.index(after: open)...]
        guard let close = inner.firstIndex(of: "}") else { return false }
        return close > inner.startIndex
    }
}

extension RedisConnection {
    /// Refuses a Redis that would evict streams, and a cluster over whose nodes they would be spread.
    ///
    /// `INFO` tells both and needs no right to CONFIG.
    func requireFitness(for naming: StreamNaming) throws {
        try requireNoEviction()
        try requireOneNode(for: naming)
    }

    /// The first half of it, of each node of a cluster.
    func requireNoEviction() throws {
        let policy = try info("memory", "maxmemory_policy")
        if let policy, policy != "noeviction" { throw UnfitRedis.evicts(policy) }
    }

    /// The second half of it, for who only reads.
    func requireOneNode(for naming: StreamNaming) throws {
        do {
            guard !naming.isOfOneSlot, try info("cluster", "cluster_enabled") == "1" else { return }
        } catch let error as RedisError where error.prefix == .noPermission {
            // Of a user with fewer rights than ops/redis/users.acl gives.
            return
        }
        throw UnfitRedis.isCluster
    }

    private func info(_ section: String, _ name: String) throws -> String? {
        let info = try execute(RedisCommand("INFO", section)) { try $0.string() }
        let line = info.split(whereSeparator: \.isNewline).first { $0.hasPrefix(name + ":") }
        return line.map { String($0.dropFirst(name.count + 1)) }
    }
}
