import PerchProtocol

@testable import PerchSimulation

/// The simulated Redis without a network: a command is served at once, and after it those that were blocked.
final class SimulatedRedisServer: ConformingRedis {
    private var redis = SimulatedRedis(streams: 2, groups: 2)
    private var answers: [Int: RedisReply] = [:]

    init() {
        redis.milliseconds = 1_800_000_000_000
    }

    func connect() -> Int { redis.connect(link: 0) }

    func execute(_ command: RedisCommand, _ client: Int) throws -> RedisReply {
        guard let reply = redis.execute(command, client) else { throw NeverHappened(what: "an answer to \(command)") }
        serve()
        return reply
    }

    private func serve() {
        redis.serveBlocked()
        for (client, reply) in redis.unblocked { answers[client] = reply }
        redis.unblocked = []
    }

    func block(_ command: RedisCommand, _ client: Int) throws {
        if let reply = redis.execute(command, client) { throw NeverHappened(what: "a block; it answered \(reply)") }
    }

    func isBlocked(_ client: Int) -> Bool { redis.connections[client].blocked != nil }

    func answer(_ client: Int) throws -> RedisReply {
        guard let answer = answers.removeValue(forKey: client) else { throw NeverHappened(what: "an answer") }
        return answer
    }

    func pending(_ stream: Int, _ group: Int) -> [PendingEntry] {
        redis.streams[stream]?.groups[group]?.pending.map { PendingEntry(id: $0.id, consumer: $0.consumer) } ?? []
    }

    func setFull(_ isFull: Bool) { redis.isFull = isFull }

    func demote() {
        redis.demoteConnections()
        serve()
    }

    func milliseconds() -> Int64 { redis.milliseconds }
}
