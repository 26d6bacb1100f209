import PerchProtocol
import Testing

@testable import PerchSimulation

@Suite(.timeLimit(.minutes(30))) struct BlockedReaderTests {
    /// Both streams with an entry each that group 0 has behind it, and a reader that is blocked on them.
    private func setUp(_ redis: any ConformingRedis) throws -> (reader: Int, other: Int) {
        let (reader, other) = (try redis.connect(), try redis.connect())
        for stream in 0...1 {
            _ = try redis.execute(.add(stream, id(1, 1), event: 1), other)
            try #expect(redis.execute(.createGroup(stream, 0, nil), other) == .ok)
        }
        try redis.block(.read([0, 1], blocking: true), reader)
        try #expect(redis.isBlocked(reader))
        return (reader, other)
    }

    // Claim 9
    @Test(arguments: Server.allCases) func aBlockedReaderHearsOfADeletedKey(_ server: Server) async throws {
        for deletion in [RedisCommand.drop(0), .drop(1), .flushAll, .exec([.drop(1)])] {
            try await server.run { redis in
                let (reader, other) = try setUp(redis)
                _ = try redis.execute(deletion, other)
                try #expect(redis.answer(reader) == .refused(.unblocked), "\(deletion)")
            }
        }
    }

    // Claim 9
    @Test(arguments: Server.allCases) func aBlockedReaderHearsOfALostGroup(_ server: Server) async throws {
        let changes: [RedisCommand] = [
            .destroyGroup(1, 0), .exec([.drop(1), .add(1, id(1, 1), event: 1)]),
            .exec([.drop(1), .createGroup(1, 1, nil)]),
        ]
        for change in changes {
            try await server.run { redis in
                let (reader, other) = try setUp(redis)
                _ = try redis.execute(change, other)
                try #expect(redis.answer(reader) == .refused(.noGroup), "\(change)")
            }
        }
    }

    // Claim 9
    @Test(arguments: Server.allCases) func aBlockedReaderOfAKeyMadeAgainWithItsGroupReadsOn(_ server: Server)
        async throws
    {
        try await server.run { redis in
            let (reader, other) = try setUp(redis)
            _ = try redis.execute(.exec([.drop(1), .createGroup(1, 0, .zero)]), other)
            try #expect(redis.isBlocked(reader))
            _ = try redis.execute(.add(1, id(1, 1), event: 5), other)
            try #expect(redis.answer(reader) == .delivered(1, Entry(id: id(1, 1), event: 5)))
        }
    }

    // Claim 9
    @Test(arguments: Server.allCases) func aBlockedReaderReadsFromTheGroupsNewPlaceOnceAnEntryCame(
        _ server: Server
    ) async throws {
        try await server.run { redis in
            let (reader, other) = try setUp(redis)
            try #expect(redis.execute(.setGroup(0, 0, .zero), other) == .ok)
            try #expect(redis.isBlocked(reader))
            _ = try redis.execute(.add(0, id(1, 2), event: 2), other)
            let both = RedisReply.delivered(0, Entry(id: id(1, 1), event: 1), Entry(id: id(1, 2), event: 2))
            try #expect(redis.answer(reader) == both)
        }
    }

    // Claim 9
    @Test(arguments: Server.allCases) func aBlockedReaderWhoseGroupIsAheadIsNotWoken(_ server: Server) async throws {
        try await server.run { redis in
            let (reader, other) = try setUp(redis)
            try #expect(redis.execute(.setGroup(0, 0, id(5, 0)), other) == .ok)
            _ = try redis.execute(.add(0, id(5, 0), event: 2), other)
            try #expect(redis.isBlocked(reader))
            _ = try redis.execute(.add(0, id(5, 1), event: 3), other)
            try #expect(redis.answer(reader) == .delivered(0, Entry(id: id(5, 1), event: 3)))
        }
    }

    // Claim 10
    @Test(arguments: Server.allCases) func aBlockedReaderThatNeverLooksTakesEntriesAllTheSame(_ server: Server)
        async throws
    {
        try await server.run { redis in
            let (reader, other) = try setUp(redis)
            _ = try redis.execute(.add(0, id(2, 0), event: 2), other)
            // The reader has not read its answer, and the entry is its own already.
            try #expect(!redis.isBlocked(reader))
            try #expect(redis.pending(0, 0) == [PendingEntry(id: id(2, 0), consumer: 0)])
            try #expect(redis.execute(.read([0], consumer: 1), other) == .delivered([]))
        }
    }
}
