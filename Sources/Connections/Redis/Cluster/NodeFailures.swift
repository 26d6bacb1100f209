/// The nodes to which no connection came about, and why: for a while they are not tried again.
struct NodeFailures: Sendable {
    /// A node is left alone for so many times as long as the attempt took: one that is silent costs its caller at most a ninth of its
    /// time, while the attempt takes no longer than an eighth of the longest rest.
    private static let restPerAttempt = 8
    private static let shortestRest = Duration.milliseconds(50)
    private static let longestRest = Duration.seconds(30)

    private struct Failure {
        let error: any Error
        let until: ContinuousClock.Instant
    }

    private var failures: [ClusterNode: Failure] = [:]

    /// How long a node is left alone after an attempt that took so long.
    static func rest(after took: Duration) -> Duration {
        min(max(took * restPerAttempt, shortestRest), longestRest)
    }

    /// Why no connection came about; nil: it may be tried.
    func restingError(of node: ClusterNode) -> (any Error)? {
        failures[node].flatMap { $0.until > .now ? $0.error : nil }
    }

    mutating func note(_ error: any Error, of node: ClusterNode, after took: Duration) {
        let now = ContinuousClock.now
        // Nodes come and go: what is over is not kept.
        failures = failures.filter { $0.value.until > now }
        failures[node] = Failure(error: error, until: now + Self.rest(after: took))
    }

    mutating func forget(_ node: ClusterNode) { failures[node] = nil }
}
