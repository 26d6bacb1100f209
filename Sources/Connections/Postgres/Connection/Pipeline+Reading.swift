extension Pipeline {
    /// Reads the results of everything queued; that of the last statement that is not submitted is returned.
    ///
    /// - Throws: the first error of what is not submitted, after all is read and the pipeline works again.
    mutating func drain() throws(PostgresError) -> ResultHandle? {
        unsentBytes = 0
        unpushedBytes = 0
        return try read(through: nil)
    }

    /// Reads until this submission is settled; one that the connection's end has settled is read.
    mutating func settle(_ submission: Submission) {
        guard submission.outcome == nil else { return }
        do throws(PostgresError) {
            _ = try read(through: submission)
        } catch {
            // The connection's death, which settles all; errors of other transactions are not read here.
        }
    }

    /// Each submission gets what is its own, whoever reads it; without one to end at, all is read.
    private mutating func read(through target: Submission?) throws(PostgresError) -> ResultHandle? {
        var last: ResultHandle?
        var failure: PostgresError?
        var index = 0
        while index < awaited.count, target?.outcome == nil {
            let kind = awaited[index].kind
            let result = try readResult(of: kind)
            let answer = result.kind
            switch answer {
            case .success:
                if kind == .commit { submissions.first?.commitTag = result.tag }
                if kind.isStatement { last = consume result }
            case .sync: break
            case .aborted: dropped(awaited[index], because: nil)
            case .unsupported:
                let error = PostgresError(.misuse, "COPY is not supported").about(awaited[index])
                throw dead(error, at: .max)
            case .failure:
                let error = result.error.about(awaited[index])
                if error.fields.isFatal { throw dead(error, at: passed + index) }
                if handle.isBroken { throw dead(error, at: .max) }
                if dropped(awaited[index], because: error) { failure = failure ?? error }
                // The server skips all up to the next sync, and if none is queued it would skip for ever.
                if !awaited[(index + 1)...].contains(where: { $0.kind == .sync }) { try sync() }
            }
            index += 1
            // A submission ends with a sync.
            if kind == .sync, let submission = submissions.first, submission.end == passed + index {
                submission.settle(failure)
                submissions.removeFirst()
                failure = nil
                last = nil
            }
        }
        awaited.removeSubrange(..<index)
        passed += index
        if let failure { throw failure }
        return last
    }

    /// The error of a connection that ends here. One that a submission has caused is for others only the connection's.
    private mutating func dead(_ error: PostgresError, at position: Int) -> PostgresError {
        let isOwn = submissions.isEmpty
        let error = die(error, at: position)
        return isOwn ? error : death ?? error
    }

    /// Only where results are awaited: then the connection lives.
    private mutating func readResult(of kind: Awaited.Kind) throws(PostgresError) -> ResultHandle {
        do throws(PostgresError) {
            guard let result = try handle.receive() else {
                throw handle.failure(.connectionLost, "libpq gave no result")
            }
            guard kind != .sync else { return result }
            // Each statement's results end with none; behind a result libpq does not wait for it.
            guard var extra = handle.takeResult() else { return result }
            while extra.kind != .unsupported {
                guard let next = try handle.receive() else { break }
                extra = next
            }
            return result
        } catch {
            throw die(error)
        }
    }

    /// Keeps the cache true to what the server has; whether the failure is the user's.
    @discardableResult
    private mutating func dropped(_ current: Awaited, because error: PostgresError?) -> Bool {
        guard let statement = current.statement else { return true }
        switch current.kind {
        case .prepare:
            cache.forget(statement)
        case .deallocate:
            // One that the server does not know is gone; one that was not looked at is tried again later.
            if error == nil || error?.sqlState == .inFailedTransaction { cache.putBack(statement) }
            return false
        case .begin, .statement, .commit, .sync:
            if current.kind == .begin, submissions.isEmpty { hasBegun = false }
            guard let error, error.fields.isStaleStatement else { return true }
            if error.sqlState == .invalidStatementName {
                cache.forgetAll()
            } else {
                cache.discard(statement)
            }
        }
        return true
    }
}

extension Pipeline.Awaited.Kind {
    fileprivate var isStatement: Bool {
        switch self {
        case .begin, .statement, .commit: true
        case .prepare, .deallocate, .sync: false
        }
    }
}

extension PostgresError {
    /// The same error of the statement that was awaited.
    fileprivate func about(_ awaited: Pipeline.Awaited) -> PostgresError {
        guard let statement = awaited.statement, awaited.kind != .deallocate else { return self }
        return suspectingPooler.of(statement: statement.key.text)
    }

    /// A session that does not know what was prepared in it, or knows what was not, mostly is another one.
    private var suspectingPooler: PostgresError {
        guard sqlState == .invalidStatementName || sqlState == .duplicatePreparedStatement, hint == nil else {
            return self
        }
        var fields = fields
        fields.hint = "a pooler in transaction mode needs pooled=transaction in the database's URL"
        return PostgresError(fields)
    }
}
