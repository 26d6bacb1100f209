/// What became of an event whose handler did not succeed.
package struct EventFailure: Hashable, Sendable {
    package enum Kind: Hashable, Sendable {
        /// Tried again with backoff.
        case failed
        /// Tried again then; an attempt all the same.
        case retry(after: Duration)
        /// What it needs has not been heard of yet: no attempt is counted.
        case waits(Duration?)
        /// Trying again does not help: a dead letter.
        case rejected
    }

    package let kind: Kind
    /// For operators; without secrets.
    package let reason: String

    package init(_ kind: Kind, _ reason: String) {
        self.kind = kind
        self.reason = reason
    }

    /// Whether it may be the system that fails: waiting says nothing of it, and a rejection is about the event.
    var isOfSystem: Bool {
        switch kind {
        case .failed, .retry: true
        case .waits, .rejected: false
        }
    }
}

/// Where an event stands that Postgres has taken responsibility for.
package struct ParkedEvent: Hashable, Sendable {
    package enum State: String, Hashable, Sendable {
        /// Tried again by itself.
        case failed
        /// Behind a failed or dead one of its key.
        case held
        /// For an operator.
        case dead
    }

    package let position: Position
    package let key: String
    package var state: State
    /// How often its handler has failed.
    package var attempts: Int
    /// How often it had to wait for what it needs.
    package var waits: Int
    /// Until the next attempt, where it has failed.
    package var delay: Duration
    package var reason: String

    package init(
        position: Position,
        key: String,
        state: State,
        attempts: Int = 0,
        waits: Int = 0,
        delay: Duration = .zero,
        reason: String = ""
    ) {
        self.position = position
        self.key = key
        self.state = state
        self.attempts = attempts
        self.waits = waits
        self.delay = delay
        self.reason = reason
    }

    /// What a further failure makes of it.
    ///
    /// - Parameters:
    ///   - isCounted: The attempt was counted before the handler ran.
    ///   - waiting: How many keys are tried again: the more, the longer each that waits for something.
    func after(
        _ failure: EventFailure,
        by policy: RetryPolicy,
        isCounted: Bool = false,
        waiting: Int = 0,
        using random: inout some RandomNumberGenerator
    ) -> ParkedEvent {
        var next = self
        next.reason = failure.reason
        next.state = .failed
        if !isCounted { next.attempts += 1 }
        switch failure.kind {
        case .failed: next.delay = policy.delay(after: next.attempts, using: &random)
        case .retry(let delay): next.delay = max(.zero, delay)
        case .waits(let delay):
            next.attempts -= 1
            next.waits += 1
            let chosen = delay ?? RetryPolicy.waiting.delay(after: next.waits, using: &random)
            // A thousand a second: looking again for many must not be all that is done.
            next.delay = max(.milliseconds(10), chosen, .milliseconds(waiting))
            return next
        case .rejected:
            next.state = .dead
            next.delay = .zero
            return next
        }
        if next.attempts >= policy.attempts {
            next.state = .dead
            next.delay = .zero
        }
        return next
    }
}

/// What lies in `perch.failed_events` of a partition, as far as it holds keys.
package struct FailureSurvey: Hashable, Sendable {
    /// The first event of a key that holds it.
    package struct Head: Hashable, Sendable {
        package let key: String
        /// Until it is tried; nil: a dead letter, it waits for an operator.
        package let due: Duration?

        package init(key: String, due: Duration?) {
            self.key = key
            self.due = due
        }
    }

    package let partition: Partition
    /// Of the operators' changes: a later one means that this has to be read anew.
    package let revision: Int64
    package let heads: [Head]

    package init(partition: Partition, revision: Int64, heads: [Head]) {
        self.partition = partition
        self.revision = revision
        self.heads = heads
    }
}
