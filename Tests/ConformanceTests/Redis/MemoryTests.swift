import PerchProtocol
import Testing

@testable import PerchSimulation

@Suite(.timeLimit(.minutes(30))) struct MemoryTests {
    /// A full server whose stream 0 has three entries, the first pending in its group 0.
    private func fill(_ redis: any ConformingRedis) throws -> Int {
        let client = try redis.connect()
        let setUp: [RedisCommand] = [
            .createGroup(0, 0, nil), .add(0, id(1, 1), event: 1), .read([0]), .add(0, id(1, 2), event: 2),
            .add(0, id(1, 3), event: 3),
        ]
        for command in setUp { _ = try redis.execute(command, client) }
        try redis.setFull(true)
        return client
    }

    // Claim 6
    @Test(arguments: Server.allCases) func aFullServerRefusesWhatMayNeedMemory(_ server: Server) async throws {
        try await server.run { redis in
            let client = try fill(redis)
            let commands: [RedisCommand] = [
                .add(0, id(2, 0), event: 4), .setID(0, id(2, 0)), .createGroup(0, 1, nil), .createGroup(0, 0, nil),
                .createGroup(1, 0, nil),
            ]
            for command in commands {
                try #expect(redis.execute(command, client) == .refused(.outOfMemory), "\(command)")
            }
        }
    }

    // Claim 6
    @Test(arguments: Server.allCases) func aFullServerGoesOnDeliveringAndForgetting(_ server: Server) async throws {
        try await server.run { redis in
            let client = try fill(redis)
            let delivered = RedisReply.delivered(0, Entry(id: id(1, 2), event: 2), Entry(id: id(1, 3), event: 3))
            try #expect(redis.execute(.read([0]), client) == delivered)
            try #expect(redis.execute(.acknowledge(0, 0, [id(1, 1)]), client) == .integer(1))
            try #expect(redis.execute(.setGroup(0, 0, .zero), client) == .ok)
            try #expect(redis.execute(.trim(0, below: id(1, 2)), client) == .integer(1))
            try #expect(redis.execute(.drop(0), client) == .integer(1))
        }
    }

    // Claim 6
    @Test(arguments: Server.allCases) func aFullServerRefusesAnEXECAsAWholeAndEndsTheWatch(_ server: Server)
        async throws
    {
        try await server.run { redis in
            let client = try fill(redis)
            try #expect(redis.execute(.watch(0), client) == .ok)
            let commands: [RedisCommand] = [.acknowledge(0, 0, [id(1, 1)]), .add(0, id(2, 0), event: 4)]
            try #expect(redis.execute(.exec(commands), client) == .refused(.outOfMemory))
            try #expect(redis.pending(0, 0) == [PendingEntry(id: id(1, 1), consumer: 0)])

            try redis.setFull(false)
            _ = try redis.execute(.add(0, id(3, 0), event: 5), try redis.connect())
            let answer = RedisReply.exec([.integer(1), .refused(.smallerID)])
            try #expect(redis.execute(.exec(commands), client) == answer)
        }
    }

    // Claim 6
    @Test(arguments: Server.allCases) func aFullServerRefusesAnEXECEvenOfWhatItWouldDoAlone(_ server: Server)
        async throws
    {
        try await server.run { redis in
            let client = try fill(redis)
            let commands: [RedisCommand] = [
                .trim(0, below: id(1, 2)), .acknowledge(0, 0, [id(1, 1)]), .drop(0), .range(0, after: .zero, count: 1),
            ]
            for command in commands {
                try #expect(redis.execute(.exec([command]), client) == .refused(.outOfMemory), "\(command)")
            }
        }
    }
}
