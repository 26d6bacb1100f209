import FoundationEssentials
import PerchProtocol
import Postgres

/// The schedules of a service in Postgres, by one connection of its scheduler's.
final class SQLScheduleTables: ScheduleTables {
    private let connection: PostgresConnection
    private let service: String
    /// For how long a handler may say nothing to Postgres; then its transaction is ended there.
    private let silence: Duration
    /// For tests, instead of Postgres's clock.
    private let clock: (@Sendable () -> Timestamp)?

    init(
        connection: PostgresConnection,
        service: String,
        silence: Duration,
        clock: (@Sendable () -> Timestamp)? = nil
    ) {
        self.connection = connection
        self.service = service
        self.silence = silence
        self.clock = clock
    }

    var isDead: Bool { connection.isDead }

    static func failure(of error: any Error) -> ServerFailure? {
        switch error {
        case let error as PostgresError where error.sqlState?.isMissingSchema == true: ServerFailure(.fatal, error)
        case let error as PostgresError: ServerFailure(.lost, error)
        case let error as ServerFailure: error
        default: nil
        }
    }

    // MARK: Declaring

    func declare(_ schedule: Schedule) throws -> Bool {
        let (now, found) = try look()
        let ticks = ScheduleTicks(recurrence: schedule.recurrence, timeZone: schedule.timeZone)
        let (recurrence, zone, missed) = (
            schedule.recurrence.description, schedule.timeZone.identifier, schedule.missed.rawValue
        )
        let next = ticks.next(after: now.microsecondsSince1970).map(Timestamp.init(microsecondsSince1970:))
        guard let noted = found[schedule.name] else {
            let last = ticks.last(atOrBefore: now.microsecondsSince1970).map(Timestamp.init(microsecondsSince1970:))
            try connection.execute(
                """
                INSERT INTO perch.schedules (service, name, recurrence, time_zone, missed, next_tick)
                VALUES (\(service), \(schedule.name), \(recurrence), \(zone), \(missed),
                    \(schedule.beginning == .last ? last ?? next : next))
                ON CONFLICT DO NOTHING
                """
            )
            return true
        }
        if noted.isOf(schedule) { return true }
        // What is due stays due; the next one is by what the schedule is now.
        return try connection.execute(
            """
            UPDATE perch.schedules s SET recurrence = \(recurrence), time_zone = \(zone), missed = \(missed),
                next_tick = CASE WHEN s.is_begun OR s.next_tick <= \(now) THEN s.next_tick ELSE \(next) END
            FROM (
                SELECT FROM perch.schedules WHERE service = \(service) AND name = \(schedule.name) FOR UPDATE SKIP LOCKED
            ) AS free
            WHERE s.service = \(service) AND s.name = \(schedule.name)
            """
        ) == 1
    }

    // MARK: Looking

    func look() throws -> (now: Timestamp, found: [String: NotedSchedule]) {
        let given = clock?()
        let rows = try connection.query(
            """
            SELECT coalesce(\(given), clock_timestamp()) AS now, s.name, s.recurrence, s.time_zone, s.missed, s.next_tick,
                s.is_begun, s.paused_at, s.requested_at, s.retry_at
            FROM (SELECT) AS one LEFT JOIN perch.schedules s ON s.service = \(service)
            """
        ) { row in
            (
                now: try row.decode("now", as: Timestamp.self), name: try row.decodeIfPresent("name", as: String.self),
                try row.decodeIfPresent("name", as: String.self).map { _ in try Self.noted(row) }
            )
        }
        let found = rows.compactMap { row in
            if let name = row.name, let noted = row.2 { (name, noted) } else { nil }
        }
        guard let now = rows.first?.now else { throw SchemaProblem.missingValue("now") }
        return (now, Dictionary(found) { $1 })
    }

    private static func noted(_ row: borrowing Row) throws -> NotedSchedule {
        NotedSchedule(
            state: ScheduleState(
                nextTick: try row.decodeIfPresent("next_tick", as: Timestamp.self)?.microsecondsSince1970,
                isBegun: try row.decode("is_begun"),
                isPaused: try row.decodeIfPresent("paused_at", as: Timestamp.self) != nil,
                requestedAt: try row.decodeIfPresent("requested_at", as: Timestamp.self)?.microsecondsSince1970,
                retryAt: try row.decodeIfPresent("retry_at", as: Timestamp.self)?.microsecondsSince1970
            ),
            recurrence: try row.decode("recurrence"),
            timeZone: try row.decode("time_zone"),
            missed: try row.decode("missed")
        )
    }

    // MARK: Running

    func attempt(_ schedule: Schedule, by decision: ScheduleDecision<ScheduleTicks>) throws -> ScheduleAttempt {
        var running: (tick: Tick, state: ScheduleState)?
        do {
            return try attempt(schedule, decision) { running = ($0, $1) }
        } catch {
            // Of a COMMIT without an answer nobody knows whether it failed: the next look tells.
            if let running, (error as? PostgresError)?.code != .commitUnclear {
                throw FailedTick(tick: running.tick, state: running.state, cause: error)
            }
            throw error
        }
    }

    /// - Parameter begin: Called before the handler is.
    private func attempt(
        _ schedule: Schedule,
        _ decision: ScheduleDecision<ScheduleTicks>,
        begin: (Tick, ScheduleState) -> Void
    ) throws -> ScheduleAttempt {
        try connection.transaction { tx in
            // A process that freezes leaves the row locked: its session ends, and another runs the tick.
            let limit = "\(silence.milliseconds)ms"
            let place = "\(service)/\(schedule.name)"
            // Nobody sees who has a row locked; the lock beside it is for operators to see.
            try tx.execute(
                """
                SELECT set_config('idle_in_transaction_session_timeout', \(limit), true),
                    pg_try_advisory_xact_lock(hashtext('perch.schedules'), hashtext(\(place)))
                """
            )
            let given = clock?()
            let rows = try tx.query(
                """
                SELECT coalesce(\(given), clock_timestamp()) AS now, s.recurrence, s.time_zone, s.missed, s.next_tick,
                    s.is_begun, s.paused_at, s.requested_at, s.retry_at
                FROM perch.schedules s WHERE s.service = \(service) AND s.name = \(schedule.name) FOR UPDATE SKIP LOCKED
                """
            ) { (try $0.decode("now", as: Timestamp.self), try Self.noted($0)) }
            guard let (now, noted) = rows.first, noted.isOf(schedule) else { return .taken }
            let state = noted.state
            let isRequested: Bool
            let instant: Int64
            switch decision.step(state, at: now.microsecondsSince1970) {
            case .wait: return .nothing
            case .pass(let next):
                let next = next.map(Timestamp.init(microsecondsSince1970:))
                try tx.execute(
                    """
                    UPDATE perch.schedules SET next_tick = \(next)
                    WHERE service = \(service) AND name = \(schedule.name)
                    """
                )
                return .passed(from: Timestamp(microsecondsSince1970: state.nextTick ?? 0), to: next)
            case .run(let tick): (isRequested, instant) = (false, tick)
            case .runRequested(let request): (isRequested, instant) = (true, request)
            }
            let time = Timestamp(microsecondsSince1970: instant)
            let tick = Tick(schedule: schedule.name, time: time, isRequested: isRequested)
            begin(tick, state)
            let progress = try schedule.handler(tick, tx)
            try note(progress, of: tick, state, now, decision.ticks, tx)
            return progress == .more ? .more(tick) : .done(tick, late: max(.zero, now - time))
        }
    }

    /// In the handler's transaction.
    private func note(
        _ progress: TickProgress,
        of tick: Tick,
        _ state: ScheduleState,
        _ now: Timestamp,
        _ ticks: ScheduleTicks,
        _ tx: borrowing Transaction
    ) throws {
        var next = state
        if progress == .more {
            if !tick.isRequested { next.begin(tick.time.microsecondsSince1970) }
        } else if tick.isRequested {
            next.requestedAt = nil
        } else {
            next.finish(tick.time.microsecondsSince1970, of: ticks)
        }
        let nextTick = next.nextTick.map(Timestamp.init(microsecondsSince1970:))
        let requested = next.requestedAt.map(Timestamp.init(microsecondsSince1970:))
        let last = progress == .done && !tick.isRequested ? tick.time : nil
        try tx.execute(
            """
            UPDATE perch.schedules SET next_tick = \(nextTick), is_begun = \(next.isBegun), requested_at = \(requested),
                last_tick = coalesce(\(last), last_tick), last_run_at = \(now), failures = 0, last_error = NULL,
                failed_at = NULL, retry_at = NULL
            WHERE service = \(service) AND name = \(tick.schedule)
            """
        )
    }

    // MARK: Failures

    func note(_ failure: FailedTick, of schedule: Schedule, delay: (Int) -> Duration) throws -> Int? {
        let given = clock?()
        let (tick, state) = (failure.tick, failure.state)
        let reason = FailureStore.shortened(String(describing: failure.cause))
        return try connection.transaction { tx in
            let rows = try tx.query(
                """
                SELECT coalesce(\(given), clock_timestamp()) AS now, s.failures, s.recurrence, s.time_zone, s.missed,
                    s.next_tick, s.is_begun, s.paused_at, s.requested_at, s.retry_at
                FROM perch.schedules s WHERE s.service = \(service) AND s.name = \(schedule.name) FOR UPDATE SKIP LOCKED
                """
            ) {
                (
                    try $0.decode("now", as: Timestamp.self), try $0.decode("failures", as: Int32.self),
                    try Self.noted($0)
                )
            }
            guard let (now, before, noted) = rows.first else { return nil }
            let isAtHand =
                tick.isRequested
                ? noted.state.requestedAt == state.requestedAt : noted.state.nextTick == state.nextTick
            guard isAtHand else { return nil }
            let failures = Int(before) + 1
            var next = noted.state
            if !tick.isRequested { next.begin(tick.time.microsecondsSince1970) }
            let nextTick = next.nextTick.map(Timestamp.init(microsecondsSince1970:))
            try tx.execute(
                """
                UPDATE perch.schedules SET next_tick = \(nextTick), is_begun = \(next.isBegun),
                    failures = \(Int32(clamping: failures)), last_error = \(reason), failed_at = \(now),
                    retry_at = \(now + delay(failures))
                WHERE service = \(service) AND name = \(schedule.name)
                """
            )
            return failures
        }
    }
}
