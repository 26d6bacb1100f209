import PerchProtocol
import Postgres

/// The transactions of one worker: the one that is open, and those whose COMMIT is sent and not answered.
struct Rounds: ~Copyable {
    private var open: Round?
    /// One was sent behind it: its outcome is asked for after this one's.
    private var older: SubmittedTransaction?
    private var newer: SubmittedTransaction?

    mutating func begin(_ round: consuming Round) { open = consume round }

    /// Nil where none is open.
    borrowing func withOpen<R>(_ body: (borrowing Round) throws -> R) throws -> R? {
        switch open {
        case .some(let round): try body(round)
        case .none: nil
        }
    }

    /// - Throws: As `Round.commit`.
    mutating func commit() throws {
        guard let round = open.take() else { return }
        try round.commit()
    }

    mutating func submit() throws {
        guard let round = open.take() else { return }
        let submitted = try round.submit()
        if older == nil { older = consume submitted } else { newer = consume submitted }
    }

    /// Waits for what became of the oldest.
    ///
    /// - Throws: As `Round.commit`.
    mutating func outcome() throws {
        guard let submitted = older.take() else { return }
        older = newer.take()
        do {
            try submitted.outcome()
        } catch {
            throw try RefusedRound(error, at: nil)
        }
    }

    mutating func rollback() { open = nil }
}
