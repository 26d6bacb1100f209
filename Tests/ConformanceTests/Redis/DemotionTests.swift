import PerchProtocol
import Testing

@testable import PerchSimulation

/// A master that becomes a replica while its clients are connected.
@Suite(.timeLimit(.minutes(30))) struct DemotionTests {
    // Claim 27
    @Test(arguments: Server.allCases) func aDemotedServerRefusesToWriteAndLetsRead(_ server: Server) async throws {
        try await server.run { redis in
            let client = try redis.connect()
            let entry = Entry(id: id(1, 1), event: 1)
            for command in [RedisCommand.createGroup(0, 0, nil), .add(0, entry.id, event: 1)] {
                _ = try redis.execute(command, client)
            }
            let writes: [RedisCommand] = [
                .add(0, id(1, 2), event: 2), .read([0]), .acknowledge(0, 0, [entry.id]), .setGroup(0, 0, .zero),
                .createGroup(0, 1, nil), .trim(0, below: id(1, 2)), .drop(0), .setID(0, id(1, 2)),
            ]
            // Each has a client of its own: who hears READONLY gives its connection up.
            let writers = try writes.map { _ in try redis.connect() }
            try redis.demote()
            for (command, writer) in zip(writes, writers) {
                try #expect(redis.execute(command, writer) == .refused(.readOnly), "\(command)")
            }
            try #expect(redis.execute(.watch(0), client) == .ok)
            try #expect(redis.execute(.range(0, after: .zero, count: 10), client) == .entries([entry]))
        }
    }

    // Claim 27
    @Test(arguments: Server.allCases) func whoIsBlockedAtADemotedServerHearsUNBLOCKED(_ server: Server) async throws {
        try await server.run { redis in
            let client = try redis.connect()
            _ = try redis.execute(.createGroup(0, 0, nil), client)
            try redis.block(.read([0], blocking: true), client)
            try redis.demote()
            try #expect(redis.answer(client) == .refused(.unblocked))
        }
    }
}
