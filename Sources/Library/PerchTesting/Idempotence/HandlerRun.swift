import Perch
import Postgres

/// A group's handlers at work in one database.
final class HandlerRun {
    private let group: ConsumerGroup
    private let copies: DatabaseCopies
    private let configuration: PostgresConfiguration
    private var connection: PostgresConnection

    init(group: ConsumerGroup, in copies: DatabaseCopies, _ configuration: PostgresConfiguration) throws {
        self.group = group
        self.copies = copies
        self.configuration = configuration
        connection = try Self.connect(configuration, copies.contract)
    }

    private static func connect(
        _ configuration: PostgresConfiguration,
        _ contract: Contract
    ) throws -> PostgresConnection {
        let connection = try PostgresConnection(configuration)
        connection.publishOnly(as: contract)
        return connection
    }

    func reconnect() throws { connection = try Self.connect(configuration, copies.contract) }

    /// In one round.
    func deliver(_ events: [Delivery]) throws {
        try HandlerHarness(group: group, connection: connection).deliver(events)
    }

    /// Runs the handler, and loses the connection before COMMIT.
    func abandon(_ event: Delivery) throws {
        try handleOnly(event)
        try reconnect()
    }

    /// The transaction is dropped at the end.
    private func handleOnly(_ event: Delivery) throws {
        let round = RoundTransaction(try connection.begin(), group: group)
        do { try round.handle([DeliveredSlice([event])]) } catch let refused as RefusedRound where refused.isRejection {
        }
    }

    /// One event a round, key after key. A key whose event is refused, as one that waits for a fact of another key, is put off.
    func deliverAll(_ keys: [[Delivery]], failing: (any Error) -> any Error) throws {
        var left = keys.map { $0[...] }
        while !left.isEmpty {
            var cause: (any Error)?
            var moved = false
            for index in left.indices {
                while let event = left[index].first {
                    do { try deliver([event]) } catch {
                        cause = error
                        break
                    }
                    left[index].removeFirst()
                    moved = true
                }
            }
            left.removeAll(where: \.isEmpty)
            if !moved, let cause { throw failing(cause) }
        }
    }

    func snapshot() throws -> DatabaseSnapshot { try DatabaseSnapshot(connection, of: copies.catalog) }
}
