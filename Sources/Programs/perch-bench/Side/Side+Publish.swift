import Foundation
import Perch
import Postgres
import Synchronization

extension Side {
    /// As many producers as `connections`, each with one transaction at a time.
    func publish() async throws {
        let database = Database(postgres, contract: contract, size: options.connections)
        let numbers = Numbers()
        try await withThrowingTaskGroup(of: Void.self) { producers in
            for _ in 0..<options.connections {
                producers.addTask { try await produce(into: database, numbers) }
            }
            try await producers.waitForAll()
        }
        await database.close()
    }

    private func produce(into database: Database, _ numbers: Numbers) async throws {
        while true {
            let size = options.transaction
            let first = numbers.take(size)
            guard first < options.events else { return }
            let end = min(first + size, options.events)
            try await publish(first..<end, into: database)
            progress.add(end - first)
        }
    }

    /// One transaction: business rows and their events.
    func publish(_ numbers: Range<Int>, into database: Database) async throws {
        try await database.transaction { tx in
            if numbers.count == 1 {
                let event = Posted(number: numbers.lowerBound)
                let id = UUID.v7()
                try tx.execute(
                    """
                    INSERT INTO requests (event_id, account, amount) VALUES (\(id), \(event.account), \(event.amount))
                    """
                )
                try tx.publish(event, id: id)
            } else {
                let publications = numbers.map { Publication(Posted(number: $0)) }
                try tx.execute(
                    """
                    INSERT INTO requests (event_id, account, amount)
                    SELECT * FROM unnest(\(publications.map(\.id)), \(publications.map(\.event.account)),
                        \(publications.map(\.event.amount)))
                    """
                )
                try tx.publish(publications)
            }
        }
    }
}

/// Gives each producer the next numbers.
private final class Numbers: Sendable {
    private let next = Atomic(0)

    func take(_ count: Int) -> Int { next.add(count, ordering: .relaxed).oldValue }
}
