import PerchProtocol
import Testing

@testable import PerchSimulation

@Suite(.timeLimit(.minutes(30))) struct WatchTests {
    /// Whether an EXEC is done after another client has executed the command. The watched stream 0 has two entries, the
    /// second pending in its group 0; stream 1 is missing.
    private func survives(_ change: RedisCommand, of stream: Int, on redis: any ConformingRedis) throws -> Bool {
        let (watching, other) = (try redis.connect(), try redis.connect())
        let setUp: [RedisCommand] = [
            .flushAll, .add(0, id(1, 1), event: 1), .add(0, id(1, 2), event: 2), .createGroup(0, 0, id(1, 1)),
            .read([0]), .add(0, id(1, 3), event: 3), .watch(stream),
        ]
        for command in setUp { _ = try redis.execute(command, watching) }
        let answer = try redis.execute(change, other)
        #expect(!answer.isRefusal, "\(change)")
        return try redis.execute(.exec([.range(0, after: .zero, count: 1)]), watching) != .null
    }

    // Claim 4
    @Test(arguments: Server.allCases) func aWatchIsBrokenByWhatChangesTheEntriesOrTheKey(_ server: Server) async throws
    {
        try await server.run { redis in
            let changes: [RedisCommand] = [
                .add(0, id(2, 0), event: 4), .delete(0, [id(1, 2)]), .trim(0, below: id(1, 2)), .drop(0), .flushAll,
            ]
            for change in changes { try #expect(!survives(change, of: 0, on: redis), "\(change)") }
            try #expect(!survives(.createGroup(1, 0, nil), of: 1, on: redis))
            try #expect(!survives(.add(1, id(1, 1), event: 1), of: 1, on: redis))
        }
    }

    // Claims 3 and 4
    @Test(arguments: Server.allCases) func aWatchIsNotBrokenByGroupsNorByXSETIDNorByWhatRemovesNothing(
        _ server: Server
    ) async throws {
        try await server.run { redis in
            let changes: [RedisCommand] = [
                .read([0]), .acknowledge(0, 0, [id(1, 2)]), .claim(0, 0, consumer: 1, [id(1, 2)]),
                .createGroup(0, 1, nil), .setGroup(0, 0, .zero), .destroyGroup(0, 0), .setID(0, id(9, 0)),
                .delete(0, [id(7, 7)]), .trim(0, below: id(1, 1)),
            ]
            for change in changes { try #expect(survives(change, of: 0, on: redis), "\(change)") }
            for change in [RedisCommand.drop(1), .flushAll] {
                try #expect(survives(change, of: 1, on: redis), "\(change) while the key is missing")
            }
        }
    }

    // Claim 5
    @Test(arguments: Server.allCases) func anEXECAfterABrokenWatchDoesNothingAndEndsTheWatch(_ server: Server)
        async throws
    {
        try await server.run { redis in
            let (client, other) = (try redis.connect(), try redis.connect())
            try #expect(redis.execute(.watch(0), client) == .ok)
            _ = try redis.execute(.add(0, id(1, 1), event: 1), other)
            try #expect(redis.execute(.exec([.add(0, id(2, 0), event: 2)]), client) == .null)
            let only = Entry(id: id(1, 1), event: 1)
            try #expect(redis.execute(.range(0, after: .zero, count: 9), client) == .entries([only]))
            let done = RedisReply.exec([.id(id(2, 0))])
            try #expect(redis.execute(.exec([.add(0, id(2, 0), event: 2)]), client) == done)

            // One that is done ends it too.
            try #expect(redis.execute(.watch(0), client) == .ok)
            try #expect(redis.execute(.exec([.drop(1)]), client) == .exec([.integer(0)]))
            _ = try redis.execute(.add(0, id(3, 0), event: 3), other)
            try #expect(redis.execute(.exec([.drop(1)]), client) == .exec([.integer(0)]))
        }
    }

    // Claim 5
    @Test(arguments: Server.allCases) func anErrorWithinAnEXECDoesNotStopTheRest(_ server: Server) async throws {
        try await server.run { redis in
            let client = try redis.connect()
            _ = try redis.execute(.add(0, id(5, 0), event: 1), client)
            let commands: [RedisCommand] = [
                .add(0, id(6, 0), event: 2), .add(0, id(5, 0), event: 3), .add(0, id(7, 0), event: 4),
            ]
            let answer = RedisReply.exec([.id(id(6, 0)), .refused(.smallerID), .id(id(7, 0))])
            try #expect(redis.execute(.exec(commands), client) == answer)
        }
    }
}
