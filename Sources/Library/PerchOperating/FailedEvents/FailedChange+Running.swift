package import FoundationEssentials

extension FailedChange {
    /// Does it, group by group and page by page.
    ///
    /// - Parameters:
    ///   - by: Who does it, for the records.
    ///   - operation: What it is a part of, for the records. Default: they tell of none.
    ///   - isStopped: Asked before each transaction; what was done stays done.
    ///   - progress: Told after each transaction that has changed something.
    package func run(
        by: String,
        operation: UUID? = nil,
        isStopped: () async -> Bool,
        progress: (Step) async -> Void = { _ in }
    ) async throws -> Outcome {
        var outcome = Outcome()
        for part in parts {
            outcome.changed.append((part.group, 0))
            var after: FailedEvent.ID?
            repeat {
                if await isStopped() {
                    outcome.isStopped = true
                    return outcome
                }
                let changed = try await change(part, by: by, operation, after: after)
                outcome.changed[outcome.changed.count - 1].count += changed.count
                after = changed.count == Self.page ? changed.last : nil
                if changed.count > 0 {
                    await progress(Step(group: part.group, changed: outcome.count, counted: count))
                }
            } while after != nil
        }
        return outcome
    }

    private func change(
        _ part: Part,
        by: String,
        _ operation: UUID?,
        after: FailedEvent.ID?
    ) async throws -> FailedEvents.Changed {
        switch action {
        case .retry:
            try await part.events.retry(
                filter: part.filter,
                by: by,
                operation: operation,
                limit: Self.page,
                after: after
            )
        case .discard(let reason):
            try await part.events.discard(
                filter: part.filter,
                reason: reason,
                by: by,
                operation: operation,
                limit: Self.page,
                after: after
            )
        }
    }
}
