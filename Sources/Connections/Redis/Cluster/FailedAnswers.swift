/// What the nodes of a cluster answered that gave no map.
struct FailedAnswers {
    private var away: [(RedisConfiguration.Endpoint, RedisError)] = []
    private var refusal: (RedisConfiguration.Endpoint, RedisError)?

    mutating func add(_ error: RedisError, of node: ClusterNode) {
        // A wrong password, a right that is missing, a Redis that is no node: somebody has to mend that.
        let isPassing = error.isConnectionDead || error.prefix == .clusterDown || error.code == .unexpectedReply
        if isPassing { away.append((node.endpoint, error)) } else { refusal = refusal ?? (node.endpoint, error) }
    }

    /// All of them in one; its kind is that of the first refusal, where there is one.
    func error(of configuration: RedisConfiguration) -> RedisError {
        RedisError.noneServes(away + [refusal].compactMap(\.self), of: configuration)
    }
}
