import Perch
import Postgres

extension Side {
    /// Until the outbox has been appended to the streams.
    func relay() async throws {
        let relay = makeRelay()
        try await whileRunning({ try await relay.run() }) { await progress.waitUntilReached() }
    }

    /// A producer, a relay and workers in one process, from the first publication to the last effect.
    func wholeWay() async throws {
        let database = Database(postgres, contract: contract, size: 1)
        try await whileReady {
            let clock = ContinuousClock()
            let start = clock.now
            for first in stride(from: 0, to: options.events, by: options.transaction) {
                if options.rate > 0 {
                    // An open loop: each when it is due, however long the one before it took.
                    try await clock.sleep(until: start + .seconds(Double(first) / options.rate), tolerance: .zero)
                }
                try await publish(first..<min(first + options.transaction, options.events), into: database)
            }
            await progress.waitUntilReached()
        }
        await database.close()
    }

    /// A relay and workers that have nothing to do.
    func idle() async throws {
        try await whileReady { try await Task.sleep(for: .seconds(options.seconds)) }
    }

    private func whileReady(_ body: () async throws -> Void) async throws {
        let pool = try makePool()
        let relay = makeRelay()
        try await whileRunning({ try await relay.run() }) {
            try await whileRunning({ try await pool.run() }) {
                // The leases are taken and the reads wait.
                try await Task.sleep(for: .milliseconds(500))
                try await body()
            }
        }
    }
}
