import PerchProtocol

/// A relay's request for positions, which is on its way while the relay works on its streams. A client of its own, for an
/// actor awaits one thing at a time; it lives and dies with its relay.
final class AssigningActor: SimulatedActor {
    enum Outcome {
        /// There is more to give where rows were looked at for the first time.
        case given([PostgresReply.Run], hasMore: Bool)
        case failed
    }

    private enum Stage {
        case idle
        case locking(limit: Int)
        case assigning
        case committing([PostgresReply.Run], unchecked: [Int])
        case checking([PostgresReply.Run])
        case ended(Outcome)
    }

    private var stage = Stage.idle

    private var relay: RelayActor? { simulation.actors[index - 1] as? RelayActor }

    func ask(_ partitions: [Int], limit: Int) {
        stage = .locking(limit: limit)
        send(.begin(idleTimeout: simulation.scenario.idleTimeout), .lockPartitions(partitions), to: 0)
    }

    /// What came of it; nil while it is on its way.
    func takeOutcome() -> Outcome? {
        guard case .ended(let outcome) = stage else { return nil }
        stage = .idle
        return outcome
    }

    /// Its relay gives its connections up: nobody hears what comes of it.
    func abandon() {
        disconnect()
        token += 1
        stage = .idle
    }

    override func resume(_ reply: Reply) {
        guard case .postgres(let replies) = reply, let last = replies.last else { return end(.failed) }
        switch (stage, last) {
        case (.locking(let limit), .partitions(let locked)):
            stage = .assigning
            send(.assign(locked, limit: limit), to: 0)
        case (.assigning, .assigned(let runs, let unchecked)):
            stage = .committing(runs, unchecked: unchecked)
            send(.commit, to: 0)
        case (.committing(let runs, let unchecked), .tag(true)):
            guard !unchecked.isEmpty else { return end(.given(runs, hasMore: false)) }
            stage = .checking(runs)
            send(.check(sequences: unchecked), to: 0)
        case (.checking(let runs), .done): end(.given(runs, hasMore: true))
        default: end(.failed)
        }
    }

    private func end(_ outcome: Outcome) {
        if case .failed = outcome { disconnect() }
        stage = .ended(outcome)
        relay?.assignmentEnded()
    }
}
