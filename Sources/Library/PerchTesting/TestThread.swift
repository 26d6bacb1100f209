import Executors

/// A thread on which a test may block: in libpq, or until a server has started. Swift's own threads are few.
actor TestThread {
    private nonisolated let executor = ThreadExecutor(name: "perch-test")
    nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    func run<R: Sendable>(_ body: @Sendable () throws -> R) throws -> R { try body() }
}
