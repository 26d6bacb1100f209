import PerchProtocol

/// A relay's request for positions, which is on its way while the relay works on its streams. A client of its own, for an
/// actor awaits one thing at a time; it lives and dies with its relay.
final class AssigningActor: SimulatedActor {
    enum Outcome {
        /// There is more to give where rows were looked at for the first time.
        case given([PostgresReply.Run], hasMore: Bool, isDue: Bool)
        case failed
    }

    private enum Stage {
        case idle
        case locking(limit: Int)
        case assigning
        case committing([PostgresReply.Run], unchecked: [Int], isDue: Bool)
        case checking([PostgresReply.Run], isDue: Bool)
        case ended(Outcome)
    }

    private var stage = Stage.idle

    private var relay: RelayActor? { simulation.actors[index - 1] as? RelayActor }

    func ask(_ partitions: [Int], limit: Int, due: Int) {
        stage = .locking(limit: limit)
        let begin = PostgresCommand.begin(idleTimeout: simulation.scenario.idleTimeout)
        guard due > 0 else { return send(begin, .lockPartitions(partitions), to: 0) }
        send(begin, .moveDue(limit: due), .lockPartitions(partitions), to: 0)
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
        case (.assigning, .assigned(let runs, let unchecked, let isDue)):
            stage = .committing(runs, unchecked: unchecked, isDue: isDue)
            send(.commit, to: 0)
        case (.committing(let runs, let unchecked, let isDue), .tag(true)):
            guard !unchecked.isEmpty else { return end(.given(runs, hasMore: false, isDue: isDue)) }
            stage = .checking(runs, isDue: isDue)
            send(.check(sequences: unchecked), to: 0)
        case (.checking(let runs, let isDue), .done): end(.given(runs, hasMore: true, isDue: isDue))
        default: end(.failed)
        }
    }

    private func end(_ outcome: Outcome) {
        if case .failed = outcome { disconnect() }
        stage = .ended(outcome)
        relay?.assignmentEnded()
    }
}
