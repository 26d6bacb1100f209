import PerchProtocol
import Testing

@testable import PerchSimulation

@Suite(.timeLimit(.minutes(30))) struct StreamTests {
    // Claim 1
    @Test(arguments: Server.allCases) func theLastIDOfAStreamOnlyGrowsUntilTheKeyIsDeleted(_ server: Server)
        async throws
    {
        try await server.run { redis in
            let client = try redis.connect()
            func add(_ id: EntryID) throws -> RedisReply { try redis.execute(.add(0, id, event: 7), client) }

            try #expect(add(id(5, 1)) == .id(id(5, 1)))
            try #expect(add(id(5, 1)) == .refused(.smallerID))
            try #expect(add(id(4, 9)) == .refused(.smallerID))
            try #expect(redis.execute(.delete(0, [id(5, 1)]), client) == .integer(1))
            try #expect(add(id(5, 1)) == .refused(.smallerID))
            try #expect(add(id(5, 2)) == .id(id(5, 2)))
            try #expect(redis.execute(.trim(0, below: id(9, 0)), client) == .integer(1))
            try #expect(add(id(5, 2)) == .refused(.smallerID))
            let empty = StreamInfo(last: id(5, 2), length: 0, first: nil, lastEntry: nil)
            try #expect(redis.execute(.info(0), client) == .info(empty))

            try #expect(redis.execute(.drop(0), client) == .integer(1))
            try #expect(redis.execute(.info(0), client) == .info(nil))
            try #expect(add(id(1, 1)) == .id(id(1, 1)))
        }
    }

    // Claim 2
    @Test(arguments: Server.allCases) func anIDThatRedisGivesIsTheTimeOrTheNextOfTheLast(_ server: Server) async throws
    {
        try await server.run { redis in
            let client = try redis.connect()
            let before = try redis.milliseconds()
            guard case .id(let given) = try redis.execute(.add(0, nil, event: 1), client) else {
                Issue.record("no id was given")
                return
            }
            #expect((before...(try redis.milliseconds())).contains(given.milliseconds))
            #expect(given.position == 0)

            let ahead = id(before + 3_600_000, 5)
            try #expect(redis.execute(.add(0, ahead, event: 2), client) == .id(ahead))
            let next = id(ahead.milliseconds, 6)
            try #expect(redis.execute(.add(0, nil, event: 3), client) == .id(next))
        }
    }

    // Claim 3
    @Test(arguments: Server.allCases) func theLastIDIsNotSetBelowTheLastEntryNorWhereNoStreamIs(_ server: Server)
        async throws
    {
        try await server.run { redis in
            let client = try redis.connect()
            for position in 1...2 { _ = try redis.execute(.add(0, id(5, Int64(position)), event: 1), client) }
            try #expect(redis.execute(.setID(0, id(5, 1)), client) == .refused(.smallerID))
            try #expect(redis.execute(.setID(0, id(5, 2)), client) == .ok)
            try #expect(redis.execute(.setID(0, id(9, 0)), client) == .ok)
            try #expect(redis.execute(.add(0, id(8, 0), event: 1), client) == .refused(.smallerID))
            // Only entries that are there count: it may be set back to them.
            try #expect(redis.execute(.setID(0, id(6, 0)), client) == .ok)
            try #expect(redis.execute(.delete(0, [id(5, 2)]), client) == .integer(1))
            try #expect(redis.execute(.setID(0, id(5, 1)), client) == .ok)
            try #expect(redis.execute(.setID(1, id(9, 0)), client) == .refused(.noSuchKey))
        }
    }
}
