import PerchProtocol
import Testing

@testable import PerchSimulation

@Suite(.timeLimit(.minutes(30))) struct GroupTests {
    private let first = Entry(id: id(1, 1), event: 1)
    private let second = Entry(id: id(1, 2), event: 2)

    /// A stream 0 with two entries and a group 0 that has read none.
    private func setUp(_ redis: any ConformingRedis) throws -> Int {
        let client = try redis.connect()
        try #expect(redis.execute(.createGroup(0, 0, nil), client) == .ok)
        for entry in [first, second] { _ = try redis.execute(.add(0, entry.id, event: entry.event), client) }
        return client
    }

    private func group(_ redis: any ConformingRedis, _ client: Int) throws -> GroupInfo? {
        guard case .groups(let groups) = try redis.execute(.groups(0), client) else { return nil }
        return groups[0]
    }

    // Claim 7
    @Test(arguments: Server.allCases) func aReadDeliversPastTheGroupsPlaceAndTakesPendingEntriesOver(
        _ server: Server
    ) async throws {
        try await server.run { redis in
            let client = try setUp(redis)
            try #expect(redis.execute(.setGroup(0, 0, first.id), client) == .ok)
            try #expect(redis.execute(.read([0], consumer: 0), client) == .delivered(0, second))
            try #expect(redis.execute(.read([0], consumer: 1), client) == .delivered([]))
            try #expect(redis.pending(0, 0) == [PendingEntry(id: second.id, consumer: 0)])

            try #expect(redis.execute(.setGroup(0, 0, .zero), client) == .ok)
            try #expect(redis.execute(.read([0], consumer: 1), client) == .delivered(0, first, second))
            let taken = [PendingEntry(id: first.id, consumer: 1), PendingEntry(id: second.id, consumer: 1)]
            try #expect(redis.pending(0, 0) == taken)
            try #expect(group(redis, client)?.lastDelivered == second.id)
        }
    }

    // Claim 8
    @Test(arguments: Server.allCases) func aReadOfSeveralStreamsDeliversNothingIfOneOrItsGroupIsMissing(
        _ server: Server
    ) async throws {
        try await server.run { redis in
            let client = try setUp(redis)
            func expectNothing() throws {
                for blocking in [false, true] {
                    for streams in [[0, 1], [1, 0]] {
                        let read = RedisCommand.read(streams, blocking: blocking)
                        try #expect(redis.execute(read, client) == .refused(.noGroup))
                    }
                }
                try #expect(redis.pending(0, 0) == [])
                try #expect(group(redis, client)?.lastDelivered == .zero)
            }
            try expectNothing()
            _ = try redis.execute(.add(1, id(1, 1), event: 3), client)
            try expectNothing()
            try #expect(redis.execute(.createGroup(1, 0, nil), client) == .ok)
            try #expect(redis.execute(.read([0, 1]), client) == .delivered(0, first, second))
        }
    }

    // Claim 11
    @Test(arguments: Server.allCases) func makingAGroupThatIsThereChangesNothing(_ server: Server) async throws {
        try await server.run { redis in
            let client = try setUp(redis)
            _ = try redis.execute(.read([0]), client)
            let before = GroupInfo(lastDelivered: second.id, lowestPending: first.id)
            for start in [EntryID.zero, first.id, nil] {
                try #expect(redis.execute(.createGroup(0, 0, start), client) == .refused(.busyGroup))
                try #expect(group(redis, client) == before)
            }
        }
    }

    // Claim 11
    @Test(arguments: Server.allCases) func aGroupCanBeSetBeyondTheStreamsLastID(_ server: Server) async throws {
        try await server.run { redis in
            let client = try setUp(redis)
            try #expect(redis.execute(.setGroup(0, 0, id(9, 9)), client) == .ok)
            try #expect(group(redis, client) == GroupInfo(lastDelivered: id(9, 9), lowestPending: nil))
            _ = try redis.execute(.add(0, id(9, 9), event: 3), client)
            try #expect(redis.execute(.read([0]), client) == .delivered([]))
            _ = try redis.execute(.add(0, id(9, 10), event: 4), client)
            try #expect(redis.execute(.read([0]), client) == .delivered(0, Entry(id: id(9, 10), event: 4)))
        }
    }

    // Claim 12
    @Test(arguments: Server.allCases) func acknowledgingWhatIsMissingAnswersZero(_ server: Server) async throws {
        try await server.run { redis in
            let client = try setUp(redis)
            try #expect(redis.execute(.acknowledge(1, 0, [first.id]), client) == .integer(0))
            try #expect(redis.execute(.acknowledge(0, 1, [first.id]), client) == .integer(0))
            try #expect(redis.execute(.acknowledge(0, 0, [first.id, id(7, 7)]), client) == .integer(0))
            _ = try redis.execute(.read([0]), client)
            try #expect(redis.execute(.acknowledge(0, 0, [first.id, id(7, 7)]), client) == .integer(1))
            try #expect(redis.execute(.acknowledge(0, 0, [first.id]), client) == .integer(0))
        }
    }

    // Claim 12
    @Test(arguments: Server.allCases) func deletingTheKeyLosesItsGroups(_ server: Server) async throws {
        try await server.run { redis in
            let client = try setUp(redis)
            try #expect(redis.execute(.drop(0), client) == .integer(1))
            _ = try redis.execute(.add(0, first.id, event: 1), client)
            try #expect(redis.execute(.groups(0), client) == .groups([nil, nil]))
            try #expect(redis.execute(.pending(0, 0, upTo: id(9, 9), count: 9), client) == .refused(.noGroup))
        }
    }

    // Claim 12
    @Test(arguments: Server.allCases) func aGroupTellsItsPlaceAndItsLowestPendingID(_ server: Server) async throws {
        try await server.run { redis in
            let client = try setUp(redis)
            try #expect(group(redis, client) == GroupInfo(lastDelivered: .zero, lowestPending: nil))
            _ = try redis.execute(.read([0]), client)
            try #expect(group(redis, client) == GroupInfo(lastDelivered: second.id, lowestPending: first.id))
            let both = RedisReply.ids([first.id, second.id])
            try #expect(redis.execute(.pending(0, 0, upTo: second.id, count: 9), client) == both)
            try #expect(redis.execute(.pending(0, 0, upTo: first.id, count: 9), client) == .ids([first.id]))
            _ = try redis.execute(.acknowledge(0, 0, [first.id]), client)
            try #expect(group(redis, client) == GroupInfo(lastDelivered: second.id, lowestPending: second.id))
        }
    }
}
