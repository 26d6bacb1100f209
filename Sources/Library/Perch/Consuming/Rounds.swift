import PerchProtocol
import Postgres

/// The transactions of one worker: the one that is open, and those whose COMMIT is sent and not answered.
struct Rounds: ~Copyable {
    var open: Round?
    /// What the open one has come to.
    var work = RoundWork()
    /// One was sent behind it: its outcome is asked for after this one's.
    private var older: SubmittedRound?
    private var newer: SubmittedRound?

    /// How many are under way.
    var count: Int { (work.isOpen ? 1 : 0) + (older == nil ? 0 : 1) + (newer == nil ? 0 : 1) }

    mutating func submit() throws {
        guard let round = open.take() else { return }
        let submitted = SubmittedRound(transaction: try round.submit(), work: work)
        work = RoundWork()
        if older == nil { older = consume submitted } else { newer = consume submitted }
    }

    /// Waits for what became of the oldest.
    ///
    /// - Returns: What it has come to, now that it has committed; nil: none was submitted.
    /// - Throws: As `Round.commit`.
    mutating func outcome() throws -> RoundWork? {
        guard let round = older.take() else { return nil }
        older = newer.take()
        return try round.outcome()
    }
}

/// What a round has come to, for when it commits.
struct RoundWork {
    var isOpen = false
    let began = ContinuousClock.now
    var firsts: [(TopicName, Timestamp)] = []
    var partitions: Set<Partition> = []
    var tally = RoundTally()
}

private struct SubmittedRound: ~Copyable {
    let transaction: SubmittedTransaction
    let work: RoundWork

    consuming func outcome() throws -> RoundWork {
        let work = work
        do {
            try transaction.outcome()
        } catch {
            throw try RefusedRound(error, at: nil)
        }
        return work
    }
}
