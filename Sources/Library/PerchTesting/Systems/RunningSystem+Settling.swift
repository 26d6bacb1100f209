import Perch
import Postgres

extension RunningSystem {
    /// Waits until everything that was published has taken effect: each outbox is empty, and each group has handled all that is
    /// in its topics, also what was published by handlers meanwhile; and no schedule has a tick that is due by the system's clock.
    ///
    /// It does not wait for backoff: an event that failed is tried again at once, until it succeeds or is a dead letter. Nor does it wait
    /// for delayed events: one that is not due yet is not published, and stays where it is (`advance(by:within:)` makes it due).
    /// - Parameters:
    ///   - acceptingDeadLetters: Dead letters, and what is held behind them, count as settled. Default false: they are thrown.
    ///   - timeout: Ends a test that hangs; 20 minutes by default, and no measure of speed.
    /// - Throws: `UnsettledSystem` at once for a dead letter, with its handler's error, and for an event that the relay has
    ///   refused, and for a tick that failed; also where all that is left waits for a fact (`HandlerVerdict.wait`) and was tried again in vain.
    ///   What a relay or a group's workers have ended with. `NeverHappened`, with what is left.
    public func settle(
        acceptingDeadLetters: Bool = false,
        within timeout: Duration = .seconds(1200)
    ) async throws {
        let deadline = ContinuousClock.now + timeout
        var quiet: SystemProgress?
        while true {
            try throwFailure()
            let now = try await progress()
            var reasons = now.refusals
            if !acceptingDeadLetters { reasons += now.deadLetters }
            let ticks = try await ticks()
            reasons += ticks.compactMap(\.failure)
            guard reasons.isEmpty else { throw UnsettledSystem(reasons) }
            let left = now.left(in: self) + ticks.filter { $0.isDue(at: self.now) }.map(\.description)
            // The databases are not looked at in one moment, and need not be: a handler's effect, what it publishes and its
            // checkpoint are seen together. So who has handled all that was there shows all that came of it, from the first event on.
            if left.isEmpty, now.waiting.isEmpty { return }
            if left.isEmpty {
                if let quiet, quiet.isSame(as: now) {
                    if now.hasTriedInVain(since: quiet) { throw UnsettledSystem(now.waiting.values.map(\.description)) }
                } else {
                    quiet = now
                }
                try await retryNow()
            }
            guard ContinuousClock.now < deadline else {
                let what = (left + now.waiting.values.map(\.description)).joined(separator: "; ")
                throw NeverHappened(what: "everything published has taken effect; left: \(what)", timeout: timeout)
            }
            try await Task.sleep(for: .milliseconds(5))
        }
    }

    /// The dead letters of all groups: events that a handler has rejected, or failed at as often as its retry policy says.
    public func deadLetters() async throws -> [DeadLetter] {
        var letters: [DeadLetter] = []
        for service in services {
            letters += try await self[service.name].query(
                """
                SELECT group_name, topic, type, subject, error FROM perch.failed_events WHERE state = 'dead'
                ORDER BY group_name, topic, partition, position
                """
            ) { row in
                DeadLetter(
                    group: try row.decode(0, as: GroupName.self),
                    topic: try row.decode(1, as: TopicName.self),
                    type: try row.decode(2, as: EventType.self),
                    key: try row.decode(3, as: String.self),
                    error: try row.decode(4, as: String.self)
                )
            }
        }
        return letters
    }

    private func progress() async throws -> SystemProgress {
        var progress = SystemProgress()
        for service in services {
            let rows = try await self[service.name].query(
                """
                SELECT 'outbox' AS kind, '' AS of_group, topic, 0 AS partition, count(*) AS number, '' AS text
                FROM perch.outbox GROUP BY topic
                UNION ALL
                SELECT 'position', '', topic, partition, last_position, '' FROM perch.partitions
                UNION ALL
                SELECT 'checkpoint', group_name, topic, partition, position, '' FROM perch.checkpoints
                UNION ALL
                SELECT 'refused', '', topic, partition, sequence, type || ' of key ' || key || ': ' || reason
                FROM perch.refused_events
                UNION ALL
                SELECT CASE
                        WHEN state = 'dead' THEN 'dead'
                        WHEN state = 'held' AND EXISTS (
                            SELECT FROM perch.failed_events d WHERE d.state = 'dead' AND d.group_name = f.group_name
                                AND d.topic = f.topic AND d.partition = f.partition AND d.subject = f.subject
                                AND d.position < f.position
                        ) THEN 'behind'
                        ELSE 'waiting'
                    END, group_name, topic, partition, position,
                    concat_ws(' ', attempts, waits, state, type, 'of key', subject) || ': ' || error
                FROM perch.failed_events f
                """
            ) { row in
                SystemProgress.Fact(
                    kind: try row.decode(0, as: String.self),
                    group: try row.decode(1, as: String.self),
                    topic: try row.decode(2, as: TopicName.self),
                    partition: try row.decode(3, as: Int.self),
                    number: try row.decode(4, as: Int64.self),
                    text: try row.decode(5, as: String.self)
                )
            }
            for fact in rows { progress.add(fact, of: service.name) }
        }
        return progress
    }

    /// Makes what waits for another attempt due.
    private func retryNow() async throws {
        for service in services where !service.groups.isEmpty {
            try await self[service.name].execute(
                """
                WITH due AS (
                    UPDATE perch.failed_events SET next_attempt_at = clock_timestamp() WHERE id IN (
                        SELECT id FROM perch.failed_events WHERE state = 'failed' AND next_attempt_at > clock_timestamp()
                        ORDER BY id FOR UPDATE SKIP LOCKED
                    )
                    RETURNING group_name, topic, partition
                )
                INSERT INTO perch.failure_revisions AS r (group_name, topic, partition, revision)
                SELECT DISTINCT group_name, topic, partition, 1::bigint FROM due ORDER BY group_name, topic, partition
                ON CONFLICT (group_name, topic, partition) DO UPDATE SET revision = r.revision + 1
                """
            )
        }
    }
}
