/// A transaction whose COMMIT is on its way and whose outcome is not yet known. Other transactions may begin on the
/// connection meanwhile; the server runs them in order.
///
/// Their errors are their own. But a transaction that fails before its COMMIT leaves the session in its aborted block,
/// where the BEGIN of those behind it fails as 25P02; one that fails at its COMMIT does not hinder them. So the outcome
/// of the earlier decides what those of the later mean.
///
/// If it is dropped without `outcome`, the transaction commits or fails all the same, and nobody learns which.
public struct SubmittedTransaction: ~Copyable {
    private let connection: PostgresConnection
    private let submission: Submission

    init(connection: PostgresConnection, submission: Submission) {
        self.connection = connection
        self.submission = submission
    }

    /// Waits for the outcome: returns only when the server has said COMMIT. The results of later transactions stay
    /// outstanding; those of earlier ones are kept for their `outcome`.
    ///
    /// - Throws: what `Transaction.commit` throws. With `.commitUnclear` also what waits behind an unclear one is unclear,
    ///   unless the server is known not to have reached it: then it is the connection's error.
    public consuming func outcome() throws(PostgresError) {
        try connection.outcome(of: submission)
    }
}

/// What a submitted transaction waits for: places in its connection's pipeline, counted from the connection's first result.
final class Submission {
    /// The place of COMMIT's result; before all others until it is known.
    var commitPosition = 0
    /// The place after its last result.
    var end: Int?
    /// What the server answered to COMMIT.
    var commitTag: String?
    /// Nil while results are outstanding.
    private(set) var outcome: Result<Void, PostgresError>?
    private let actions: [@Sendable () -> Void]

    init(actions: [@Sendable () -> Void]) {
        self.actions = actions
    }

    /// All of its results are read.
    func settle(_ failure: PostgresError?) {
        if let failure {
            outcome = .failure(failure)
        } else {
            outcome =
                switch commitTag {
                case "COMMIT": .success(())
                case "ROLLBACK":
                    .failure(PostgresError(.rolledBack, "an earlier statement had failed, so COMMIT rolled back"))
                default:
                    .failure(PostgresError(.rolledBack, "COMMIT was answered with \(commitTag ?? "nothing")"))
                }
        }
    }

    /// The connection has ended before.
    func settle(lostBy error: PostgresError) {
        outcome = .failure(error)
    }

    func runActions() {
        for action in actions { action() }
    }
}

extension PostgresConnection {
    /// Queues COMMIT of what is open, and leaves no transaction open.
    func submit() throws(PostgresError) -> Submission {
        openTransaction = nil
        let submission = Submission(actions: commitActions)
        commitActions = []
        try pipeline.submit(submission)
        return submission
    }

    func outcome(of submission: Submission) throws(PostgresError) {
        pipeline.settle(submission)
        leaveAbortedBlock()
        guard let outcome = submission.outcome else { preconditionFailure("a submission that was never settled") }
        try outcome.get()
        submission.runActions()
    }

    /// Ends the block that a failed transaction has left, as soon as that can be known and no other transaction has to.
    func leaveAbortedBlock() {
        guard openTransaction == nil, !isDead, !pipeline.isAwaiting, !pipeline.isIdle else { return }
        endTransaction()
    }
}

extension PostgresError {
    /// The same error of a connection that was lost when COMMIT may have been reached.
    var whileCommitting: PostgresError {
        var fields = fields
        fields.code = .commitUnclear
        fields.summary = "lost the connection while committing: \(fields.summary)"
        return PostgresError(fields)
    }
}
