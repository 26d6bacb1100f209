/// Tells a system that fails from an event that does: over nine tenths of what was tried, across at least five keys.
///
/// Where little comes at a time, it is counted over the last minute: nothing has succeeded, and five keys have failed. What
/// has failed before and is tried again tells nothing here: it is bad by itself, also when nothing else happens.
package struct Brake: Hashable, Sendable {
    /// The outcomes of one transaction.
    struct Outcomes: Hashable, Sendable {
        var succeeded = 0
        var failed = 0
        var failedKeys: Set<String> = []
    }

    static let leastKeys = 5
    static let memory = Duration.seconds(60)

    private var failing: [String: Duration] = [:]
    /// How many times in a row it was pulled.
    private(set) var pulls = 0
    /// What it has stopped, until a round of theirs is committed.
    private var stopped: Set<Partition> = []

    /// While it is pulled, nothing is retried: it would use the attempts up.
    var isPulled: Bool { pulls > 0 }

    /// Whether these outcomes, with what came before, speak against the system.
    mutating func judges(_ outcomes: Outcomes, _ now: Duration) -> Bool {
        let isMost = outcomes.failed * 10 > (outcomes.failed + outcomes.succeeded) * 9
        if outcomes.succeeded > 0 { failing = [:] }
        guard outcomes.failed > 0, isMost else { return false }
        failing = failing.filter { now - $0.value < Self.memory }
        if outcomes.succeeded == 0 {
            for key in outcomes.failedKeys where failing[key] == nil { failing[key] = now }
        }
        return max(outcomes.failedKeys.count, failing.count) >= Self.leastKeys
    }

    mutating func pull(stopping partitions: Set<Partition>) {
        pulls += 1
        stopped.formUnion(partitions)
    }

    /// A round of its has committed.
    mutating func hasCommitted(_ partition: Partition) { stopped.remove(partition) }

    /// Lets go where nothing is left that it has stopped; whether it was pulled.
    mutating func release(holding held: HeldPartitions) -> Bool {
        guard isPulled, !held.contains(where: { stopped.contains($0.partition) }) else { return false }
        stopped = []
        return release()
    }

    /// Nothing is braked any more, or something has succeeded; whether that lets the brake go.
    mutating func release() -> Bool {
        failing = [:]
        defer { pulls = 0 }
        return pulls > 0
    }
}
