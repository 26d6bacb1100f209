import PerchProtocol
import Postgres

/// The transactions of one worker: the one that is open, and those whose COMMIT is sent and not answered.
struct RoundTransactions: ~Copyable {
    private var open: RoundTransaction?
    /// One was sent behind it: its outcome is asked for after this one's.
    private var older: SubmittedTransaction?
    private var newer: SubmittedTransaction?

    mutating func begin(_ round: consuming RoundTransaction) { open = consume round }

    /// Runs the body with the open one.
    ///
    /// - Throws: `ServerFailure(.lost)` where none is open, as all of these.
    borrowing func withOpen<R>(_ body: (borrowing RoundTransaction) throws -> R) throws -> R {
        switch open {
        case .some(let round): try body(round)
        case .none: throw ServerFailure(.lost, NoOpenRound())
        }
    }

    /// - Throws: As `RoundTransaction.commit`.
    mutating func commit() throws {
        guard let round = open.take() else { throw ServerFailure(.lost, NoOpenRound()) }
        try round.commit()
    }

    mutating func submit() throws {
        guard let round = open.take() else { throw ServerFailure(.lost, NoOpenRound()) }
        let submitted = try round.submit()
        if older == nil { older = consume submitted } else { newer = consume submitted }
    }

    /// Waits for what became of the oldest.
    ///
    /// - Throws: As `RoundTransaction.commit`.
    mutating func outcome() throws {
        guard let submitted = older.take() else { throw ServerFailure(.lost, NoOpenRound()) }
        older = newer.take()
        do {
            try submitted.outcome()
        } catch {
            throw try RefusedRound(error, at: nil)
        }
    }

    mutating func rollback() { open = nil }
}

/// The protocol asked for something in a transaction, and there is none. It begins again at the checkpoint.
struct NoOpenRound: Error, CustomStringConvertible {
    var description: String { "no transaction is open, or none was submitted" }
}
