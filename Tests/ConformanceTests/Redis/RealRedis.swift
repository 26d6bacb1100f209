import LocalServers
import PerchProtocol
import Redis

@testable import PerchSimulation

/// A private redis-server, spoken to as the simulated one.
final class RealRedis: ConformingRedis {
    private let configuration: RedisConfiguration
    /// Sees what the clients do without being one of them.
    private let observer: RedisConnection
    private var clients: [(connection: RedisConnection, id: Int)] = []
    private var blocked: [Int: PerchSimulation.RedisCommand] = [:]

    init(_ server: LocalRedis) throws {
        configuration = try RedisConfiguration(url: server.url)
        observer = try RedisConnection(configuration)
    }

    func connect() throws -> Int {
        let connection = try RedisConnection(configuration)
        clients.append((connection, try connection.execute(.init("CLIENT ID")) { try $0.integer }))
        return clients.count - 1
    }

    func execute(_ command: PerchSimulation.RedisCommand, _ client: Int) throws -> PerchSimulation.RedisReply {
        let connection = clients[client].connection
        switch command {
        case .exec(let commands): return try executeTogether(commands, connection)
        case .groups(let stream): return .groups([try group(stream, 0), try group(stream, 1)])
        default:
            try connection.send(command.real)
            return try receive(command, connection)
        }
    }

    func block(_ command: PerchSimulation.RedisCommand, _ client: Int) throws {
        try clients[client].connection.send(command.real)
        try clients[client].connection.flush()
        blocked[client] = command
        while try !isBlocked(client) {}
    }

    func isBlocked(_ client: Int) throws -> Bool {
        let line = try observer.execute(.init("CLIENT LIST", "ID", clients[client].id)) { try $0.string() }
        let flags = line.split(separator: " ").first { $0.hasPrefix("flags=") }
        return flags?.dropFirst(6).contains("b") == true
    }

    func answer(_ client: Int) throws -> PerchSimulation.RedisReply {
        guard let command = blocked.removeValue(forKey: client) else { throw NeverHappened(what: "a blocked read") }
        return try receive(command, clients[client].connection)
    }

    func pending(_ stream: Int, _ group: Int) throws -> [PendingEntry] {
        try observer.execute(.init("XPENDING", "s\(stream)", "g\(group)", "-", "+", 100)) { reply in
            try reply.map { entry in
                PendingEntry(
                    id: try entry.withElement(0) { try $0.entryID() },
                    consumer: try entry.withElement(1) { try $0.number() }
                )
            }
        }
    }

    func setFull(_ isFull: Bool) throws {
        try observer.execute(.init("CONFIG SET", "maxmemory", isFull ? 1 : 0))
    }

    func demote() throws { try observer.execute(.init("REPLICAOF", "127.0.0.1", 1)) }

    func milliseconds() throws -> Int64 {
        try observer.execute(.init("TIME")) { reply in
            let parts = try reply.map { Int64(try $0.string()) ?? 0 }
            return parts[0] * 1000 + parts[1] / 1000
        }
    }

    // MARK: Replies

    private func receive(
        _ command: PerchSimulation.RedisCommand,
        _ connection: RedisConnection
    ) throws -> PerchSimulation.RedisReply {
        do {
            return try connection.receive { try $0.simulated(command) }
        } catch let error as RedisError where error.code == .reply {
            let refusal = try error.refusal
            if case .info = command, refusal == .noSuchKey { return .info(nil) }
            return .refused(refusal)
        }
    }

    private func executeTogether(
        _ commands: [PerchSimulation.RedisCommand],
        _ connection: RedisConnection
    ) throws -> PerchSimulation.RedisReply {
        try connection.send(.init("MULTI"))
        for command in commands { try connection.send(command.real) }
        try connection.send(.init("EXEC"))
        try connection.receive { _ in }
        var refused: RedisError?
        for _ in commands {
            do {
                try connection.receive { _ in }
            } catch let error as RedisError where error.code == .reply {
                refused = refused ?? error
            }
        }
        do {
            return try connection.receive { reply in
                if reply.isNull { return .null }
                var replies: [PerchSimulation.RedisReply] = []
                for (index, command) in commands.enumerated() {
                    replies.append(
                        try reply.withElement(index) { reply in
                            if let error = reply.error { return .refused(try error.refusal) }
                            return try reply.simulated(command)
                        }
                    )
                }
                return .exec(replies)
            }
        } catch RedisErrorPrefix.execAbort {
            guard let refused else { throw NeverHappened(what: "the cause of EXECABORT") }
            return .refused(try refused.refusal)
        }
    }

    /// What `XINFO GROUPS` and `XPENDING` tell of a group.
    private func group(_ stream: Int, _ group: Int) throws -> GroupInfo? {
        let listed: [EntryID]
        do {
            listed = try observer.execute(.init("XINFO GROUPS", "s\(stream)")) { reply in
                try reply.map { entry in
                    guard try entry.withValue(of: "name", { try $0.number() }) == group else { return nil }
                    return try entry.withValue(of: "last-delivered-id") { try $0.entryID() }
                }.compactMap { $0 }
            }
        } catch RedisErrorPrefix.error {
            return nil
        }
        guard let last = listed.first else { return nil }
        let lowest: EntryID? = try observer.execute(.init("XPENDING", "s\(stream)", "g\(group)")) { reply in
            try reply.withElement(1) { $0.isNull ? nil : try $0.entryID() }
        }
        return GroupInfo(lastDelivered: last, lowestPending: lowest)
    }
}
