import Perch

extension Side {
    /// Until all events of the stream have taken effect.
    func consume() async throws {
        let pool = try makePool()
        try await whileRunning({ try await pool.run() }) { await progress.waitUntilReached() }
    }
}
