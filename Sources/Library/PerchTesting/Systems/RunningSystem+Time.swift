import Logging
import Perch
import Postgres

extension RunningSystem {
    /// Moves the time of the system, as if so much of it went by: schedules run each tick of that time, and delayed events that
    /// become due in it are published.
    ///
    /// The clock of schedules goes from tick to tick: each is run in time, one after another, also where the schedule would leave
    /// out ticks that were missed. What waits in `perch.delayed_events` comes nearer by as much. So an event that was asked for at
    /// `.now + .seconds(3600)`, however often the time was moved before, is due after an hour more, and its `time` is in the present
    /// of Postgres; one that is reckoned from a tick's `time` is not. What is due before a tick or at it is in the outbox when the tick is run.
    ///
    /// When it returns, all these ticks are done and all these events have left the table; `settle()` then waits for their effects.
    /// Leases, retries and retention go by the real clock.
    ///
    /// - Parameters:
    ///   - duration: Not negative; zero does what is due now.
    ///   - timeout: Ends a test that hangs; 20 minutes by default, and no measure of speed.
    /// - Throws: `UnsettledSystem` at once for a tick whose handler fails, with its error: the clock stands at that tick. Later it is
    ///   tried again, from the time on that `perch.schedules.retry_at` says. What a relay, a scheduler or a group's workers have
    ///   ended with. `NeverHappened`, with what is left.
    public func advance(by duration: Duration, within timeout: Duration = .seconds(1200)) async throws {
        precondition(duration >= .zero, "time does not go back")
        let deadline = ContinuousClock.now + timeout
        let end = now + duration
        // Ticks are reckoned from when a schedule is noted.
        try await wait(until: deadline) { try await self.ticks().filter { !$0.isNoted }.map(\.description) }
        // Of these the last call has told.
        let known = Set(try await ticks().compactMap(\.failed))
        while let tick = try await ticks().compactMap(\.due).filter({ $0 <= end }).min() {
            try await move(to: tick, until: deadline)
            try await waitForTicks(until: deadline, knowing: known)
        }
        try await move(to: end, until: deadline)
    }

    /// Where each schedule of the system is.
    func ticks() async throws -> [ScheduledTick] {
        var ticks: [ScheduledTick] = []
        for service in services where !service.schedules.isEmpty {
            let noted = try await self[service.name].query(
                """
                SELECT name, CASE WHEN paused_at IS NULL THEN greatest(next_tick, retry_at) END AS due, requested_at, retry_at,
                    failed_at, last_error
                FROM perch.schedules WHERE service = \(service.name)
                """
            ) { row in
                ScheduledTick(
                    service: service.name,
                    schedule: try row.decode("name"),
                    isNoted: true,
                    due: try row.decodeIfPresent("due"),
                    isRequested: try row.decodeIfPresent("requested_at", as: Timestamp.self) != nil,
                    retryAt: try row.decodeIfPresent("retry_at"),
                    failedAt: try row.decodeIfPresent("failed_at"),
                    error: try row.decodeIfPresent("last_error")
                )
            }
            for schedule in service.schedules {
                let tick = noted.first { $0.schedule == schedule.name }
                ticks.append(tick ?? ScheduledTick(service: service.name, schedule: schedule.name))
            }
        }
        return ticks
    }

    /// A service's schedules on the system's clock.
    func scheduler(of service: TestService, logger: Logger) throws -> Scheduler {
        var settings = Scheduler.Settings()
        settings.look = .milliseconds(10)
        return try Scheduler(
            service: service.name,
            schedules: service.schedules,
            contract: contract,
            postgres: configuration(of: service),
            settings: settings,
            logger: logger,
            clock: { self.now }
        )
    }

    /// Lets the time until then go by, in which no schedule has a tick.
    private func move(to instant: Timestamp, until deadline: ContinuousClock.Instant) async throws {
        let distance = instant.microsecondsSince1970 - now.microsecondsSince1970
        for service in services where distance > 0 {
            try await self[service.name].execute(
                "UPDATE perch.delayed_events SET due_at = due_at - interval '1 microsecond' * \(distance)::bigint"
            )
        }
        try await wait(until: deadline) {
            var left: [String] = []
            for service in self.services {
                let count =
                    try await self[service.name].query(
                        """
                        SELECT count(*) FROM perch.delayed_events d JOIN perch.topics t ON t.topic = d.topic
                        WHERE d.due_at <= clock_timestamp()
                        """
                    ) { try $0.decode(0, as: Int.self) }.first ?? 0
                if count > 0 { left.append("\(count) delayed events of \(service.name) are due") }
            }
            return left
        }
        if distance > 0 { show(instant) }
    }

    /// Until no schedule has a tick that is due, or one has failed anew.
    private func waitForTicks(until deadline: ContinuousClock.Instant, knowing known: Set<String>) async throws {
        try await wait(until: deadline) {
            let ticks = try await self.ticks()
            let failures = ticks.filter { tick in tick.failed.map { !known.contains($0) } ?? false }
            guard failures.isEmpty else { throw UnsettledSystem(failures.compactMap(\.failure)) }
            return ticks.filter { $0.isDue(at: self.now) }.map(\.description)
        }
    }

    /// Until nothing is left.
    private func wait(until deadline: ContinuousClock.Instant, _ left: () async throws -> [String]) async throws {
        let start = ContinuousClock.now
        while true {
            try throwFailure()
            let left = try await left()
            if left.isEmpty { return }
            guard ContinuousClock.now < deadline else {
                throw NeverHappened(
                    what: "nothing is left of \(left.joined(separator: "; "))",
                    timeout: deadline - start
                )
            }
            try await Task.sleep(for: .milliseconds(5))
        }
    }
}
