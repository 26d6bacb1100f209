import Redis

/// The server is set up so that it would lose events.
struct UnfitRedis: Error, CustomStringConvertible {
    let policy: String

    var description: String {
        """
        Redis evicts keys when it is full (maxmemory-policy \(policy)), which drops whole streams: \
        set maxmemory-policy noeviction, in redis.conf or by CONFIG SET
        """
    }
}

extension RedisConnection {
    /// Refuses a Redis that would evict streams.
    ///
    /// `INFO memory` tells the policy and needs no right to CONFIG.
    func requireNoEviction() throws {
        let info = try execute(RedisCommand("INFO", "memory")) { try $0.string() }
        let line = info.split(whereSeparator: \.isNewline).first { $0.hasPrefix("maxmemory_policy:") }
        guard let policy = line?.split(separator: ":").last, policy != "noeviction" else { return }
        throw UnfitRedis(policy: String(policy))
    }
}
