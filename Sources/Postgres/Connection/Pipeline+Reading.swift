extension Pipeline {
    /// Reads the results of everything queued; that of the last statement that is not submitted is returned.
    ///
    /// - Throws: the first error of what is not submitted, after all is read and the pipeline works again.
    func drain() throws(PostgresError) -> ResultHandle? {
        unsentBytes = 0
        unpushedBytes = 0
        return try read(through: nil)
    }

    /// Reads until this submission is settled; one that the connection's end has settled is read.
    func settle(_ submission: Submission) {
        guard submission.outcome == nil else { return }
        do throws(PostgresError) {
            _ = try read(through: submission)
        } catch {
            // The connection's death, which settles all; errors of other transactions are not read here.
        }
    }

    /// Each submission gets what is its own, whoever reads it; without one to end at, all is read.
    private func read(through target: Submission?) throws(PostgresError) -> ResultHandle? {
        var last: ResultHandle?
        var failure: PostgresError?
        var index = 0
        while index < awaited.count, target?.outcome == nil {
            let current = awaited[index]
            let result = try read(current)
            let kind = result.kind
            switch kind {
            case .success:
                if current.isCommit { submissions.first?.commitTag = result.tag }
                if current.isStatement { last = consume result }
            case .sync: break
            case .aborted: dropped(current, because: nil)
            case .unsupported:
                throw dead(PostgresError(.misuse, "COPY is not supported").about(current), at: .max)
            case .failure:
                let error = result.error.about(current)
                if error.fields.isFatal { throw dead(error, at: passed + index) }
                if handle.isBroken { throw dead(error, at: .max) }
                if dropped(current, because: error) { failure = failure ?? error }
                // The server skips all up to the next sync, and if none is queued it would skip for ever.
                if !awaited[(index + 1)...].contains(where: \.isSync) { try sync() }
            }
            index += 1
            if let submission = submissions.first, submission.end == passed + index {
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
    private func dead(_ error: PostgresError, at position: Int) -> PostgresError {
        let isOwn = submissions.isEmpty
        let error = die(error, at: position)
        return isOwn ? error : death ?? error
    }

    private func read(_ current: Awaited) throws(PostgresError) -> ResultHandle {
        let result = try alive { handle throws(PostgresError) in
            guard let result = try handle.receive() else {
                throw handle.failure(.connectionLost, "libpq gave no result")
            }
            return result
        }
        guard !current.isSync else { return result }
        // Each statement's results end with none.
        while let extra = try alive({ handle throws(PostgresError) in try handle.receive() }) {
            if extra.kind == .unsupported { break }
        }
        return result
    }

    /// Keeps the cache true to what the server has; whether the failure is the user's.
    @discardableResult
    private func dropped(_ current: Awaited, because error: PostgresError?) -> Bool {
        switch current {
        case .prepare(let key):
            cache.forget(key)
            return true
        case .statement(let key, let role):
            if role == .begin, submissions.isEmpty { hasBegun = false }
            guard let error, error.fields.isStaleStatement else { return true }
            if error.sqlState == .invalidStatementName {
                cache.forgetAll()
            } else {
                cache.discard(key)
            }
            return true
        case .deallocate(let name):
            // One that the server does not know is gone; one that was not looked at is tried again later.
            if error == nil || error?.sqlState == .inFailedTransaction { cache.putBack(name) }
            return false
        case .sync:
            return true
        }
    }
}

extension Pipeline.Awaited {
    fileprivate var isStatement: Bool {
        if case .statement = self { true } else { false }
    }

    fileprivate var isCommit: Bool {
        if case .statement(_, .commit) = self { true } else { false }
    }

    fileprivate var isSync: Bool {
        if case .sync = self { true } else { false }
    }
}

extension PostgresError {
    /// The same error of the statement that was awaited.
    fileprivate func about(_ awaited: Pipeline.Awaited) -> PostgresError {
        switch awaited {
        case .prepare(let key), .statement(let key, _): of(statement: key.text)
        case .deallocate, .sync: self
        }
    }
}
