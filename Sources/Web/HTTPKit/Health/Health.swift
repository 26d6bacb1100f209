import Executors
public import ServiceLifecycle
import Synchronization

/// Whether a process lives, and whether it is ready for work.
///
/// Put it last in the process's `ServiceGroup`: then it is the first that a shutdown reaches. From then on the process is not
/// ready, so that it gets no more requests.
public final class Health: Service {
    private let checks: [ReadinessCheck]
    private let patience: Duration
    private let isEnding = Atomic(false)

    /// A condition that does not hold.
    public struct Failure: Sendable, Hashable {
        /// The check's name.
        public let check: String
        /// Why it does not hold.
        public let reason: String
    }

    /// - Parameters:
    ///   - checks: What has to hold. With none the process is ready as soon as it answers.
    ///   - patience: How long a check may take; longer is a failure. Default 1 s.
    public init(checks: [ReadinessCheck], patience: Duration = .seconds(1)) {
        self.checks = checks
        self.patience = patience
    }

    /// What keeps the process from being ready, in the order of the checks; all of them are asked at once.
    public func failures() async -> [Failure] {
        if isEnding.load(ordering: .acquiring) { return [Failure(check: "shutdown", reason: "the process is ending")] }
        return await withTaskGroup(of: (Int, Failure?).self) { group in
            for (index, check) in checks.enumerated() {
                group.addTask { [patience] in
                    let answer = await firstWithin(patience) { await check.failure() }
                    guard let answer else { return (index, Failure(check: check.name, reason: "no answer in time")) }
                    return (index, answer.map { Failure(check: check.name, reason: $0) })
                }
            }
            var found: [(Int, Failure)] = []
            for await (index, failure) in group {
                if let failure { found.append((index, failure)) }
            }
            return found.sorted { $0.0 < $1.0 }.map(\.1)
        }
    }

    /// From now on the process is not ready. Idempotent.
    public func shutDown() { isEnding.store(true, ordering: .releasing) }

    /// Returns on shutdown, having said so.
    public func run() async throws {
        try? await gracefulShutdown()
        shutDown()
    }
}
