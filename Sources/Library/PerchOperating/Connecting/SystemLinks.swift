import Perch
import Postgres
import Redis

/// The connections to a system's servers: made when first needed, made again when one has died. For one thread.
final class SystemLinks {
    let system: SystemConnections
    private var streams: OperatorStreams?
    private var databases: [String: PostgresConnection] = [:]
    /// A server that was away a moment ago is not waited for again by the same question.
    private var failures: [String: (problem: ServerProblem, at: ContinuousClock.Instant)] = [:]

    init(_ system: SystemConnections) { self.system = system }

    var naming: StreamNaming { system.naming }

    /// - Throws: `ServerProblem`, also for what `body` throws of Redis; its other errors are thrown on.
    func withStreams<R>(_ body: (OperatorStreams) throws -> R) throws -> R {
        guard let configuration = system.redis else { throw ServerProblem.noRedis() }
        try throwRecentFailure("Redis")
        do {
            if streams?.isUsable != true { streams = nil }
            let streams = try self.streams ?? OperatorStreams(configuration, naming: naming)
            self.streams = streams
            return try body(streams)
        } catch let error as RedisError {
            let problem = ServerProblem(redis: error, at: configuration)
            if streams == nil || error.isConnectionDead { note(problem) }
            streams = nil
            throw problem
        }
    }

    /// What Redis refuses to tell of one stream, where it tells of others.
    func problem(_ error: RedisError) -> ServerProblem {
        system.redis.map { ServerProblem(redis: error, at: $0) } ?? .noRedis()
    }

    /// - Throws: `ServerProblem`, also for what `body` throws of Postgres; its other errors are thrown on.
    ///
    /// - Parameter isAnother: A connection of its own, because the one that is kept is in a transaction.
    func withDatabase<R>(
        of service: String,
        isAnother: Bool = false,
        _ body: (PostgresConnection) throws -> R
    ) throws -> R {
        guard let configuration = system.databases[service] else { throw ServerProblem.noDatabase(of: service) }
        try throwRecentFailure("Postgres of \(service)")
        do {
            if isAnother { return try body(try PostgresConnection(configuration)) }
            databases[service]?.noticeEnd()
            if databases[service]?.isDead ?? true { databases[service] = try PostgresConnection(configuration) }
            guard let database = databases[service] else { throw ServerProblem.noDatabase(of: service) }
            return try body(database)
        } catch let error as PostgresError {
            let problem = ServerProblem(postgres: error, of: service, at: configuration)
            if error.isConnectionDead { note(problem) }
            throw problem
        }
    }

    /// From here every server is asked, whatever it was a moment ago.
    func forgetFailures() { failures = [:] }

    private func note(_ problem: ServerProblem) { failures[problem.server] = (problem, .now) }

    private func throwRecentFailure(_ server: String) throws {
        guard let failure = failures[server] else { return }
        guard failure.at.duration(to: .now) < .seconds(1) else {
            failures[server] = nil
            return
        }
        throw failure.problem
    }
}
