package import Logging
import PerchProtocol
import Postgres

/// The loop of a scheduler: looks what is due, runs it, and waits.
///
/// It blocks its caller's thread. No transaction is open while it waits.
package final class SchedulerLoop<Tables: ScheduleTables, World: Surroundings> {
    private let schedules: [Schedule]
    private let connect: () throws -> Tables
    private let look: Duration
    private let world: World
    private let metrics: ScheduleMetrics
    private let logger: Logger

    private var tables: Tables?
    private var random: SplitMix64
    /// Those that the database does not have as this program does.
    private var undeclared: [String]
    /// Told once that another program has them in another way.
    private var strange: Set<String> = []
    /// How many times in a row a tick was lost with its connection, or to a conflict.
    private var losses: [String: Int] = [:]

    /// - Parameters:
    ///   - look: The longest time between two looks.
    ///   - connect: Asked again after each loss.
    package init(
        schedules: [Schedule],
        look: Duration,
        world: World,
        logger: Logger,
        connect: @escaping () throws -> Tables
    ) {
        self.schedules = schedules
        self.look = look
        self.world = world
        self.logger = logger
        self.connect = connect
        metrics = ScheduleMetrics(schedules.map(\.name))
        random = SplitMix64(seed: world.drawSeed())
        undeclared = schedules.map(\.name)
    }

    /// Runs until it is told to stop: then the transaction at hand is finished, and nothing is begun.
    ///
    /// - Throws: What nothing cures; all else is tried again.
    package func run() throws {
        var failures = 0
        while !world.isToldToStop {
            var pause: Duration
            do {
                pause = try pass()
                failures = 0
            } catch {
                guard let failure = Tables.failure(of: error) else { throw error }
                if failure.kind == .fatal { throw failure.cause }
                failures += 1
                pause = Self.reconnecting.delay(after: failures, using: &random)
                tables = nil
                guard !world.isToldToStop else { return }
                logger.warning(
                    "scheduler reconnects",
                    metadata: Logger.Metadata([.error: "\(failure)", .retryIn: "\(pause)"])
                )
            }
            if pause > .zero { world.wait(atMost: pause) }
        }
    }

    /// Does what is due.
    ///
    /// - Returns: How long there is nothing to do.
    private func pass() throws -> Duration {
        let tables = try connected()
        for schedule in schedules where undeclared.contains(schedule.name) {
            if try tables.declare(schedule) { undeclared.removeAll { $0 == schedule.name } }
        }
        let (now, found) = try tables.look()
        // Processes that were started together do not look at the same moments.
        var pause = look - look * Double.random(in: 0..<0.2, using: &random)
        for schedule in schedules where !world.isToldToStop {
            guard let noted = found[schedule.name] else {
                // An operator has forgotten it, or the database was set back: it is declared anew with the next look.
                if !undeclared.contains(schedule.name) { undeclared.append(schedule.name) }
                continue
            }
            guard isOurs(schedule, noted, now.microsecondsSince1970) else { continue }
            switch decision(schedule).step(noted.state, at: now.microsecondsSince1970) {
            case .wait(let instant):
                guard let instant else { continue }
                let left = instant.subtractingReportingOverflow(now.microsecondsSince1970)
                if !left.overflow { pause = min(pause, .microseconds(max(1000, left.partialValue))) }
            case .run, .runRequested, .pass: pause = min(pause, try attempt(schedule, tables))
            }
        }
        return pause
    }

    /// - Returns: After how long it is to be looked at again.
    private func attempt(_ schedule: Schedule, _ tables: Tables) throws -> Duration {
        while true {
            let began = world.now
            let outcome: ScheduleAttempt
            do {
                outcome = try tables.attempt(schedule, by: decision(schedule))
            } catch let failure as FailedTick {
                return try failed(schedule, failure, tables)
            }
            losses[schedule.name] = nil
            switch outcome {
            case .taken: return look
            case .nothing: return .zero
            case .more:
                if world.isToldToStop { return .zero }
            case .done(let tick, let late):
                metrics.done(tick, after: late + (world.now - began))
                logger.debug(
                    "tick done",
                    metadata: Logger.Metadata([.schedule: "\(tick.schedule)", .tick: "\(tick.time)"])
                )
                return .zero
            case .passed(let from, let to):
                metrics.passed(schedule.name)
                logger.notice(
                    "ticks were missed and are not run",
                    metadata: Logger.Metadata([
                        .schedule: "\(schedule.name)", .tick: "\(from)",
                        .nextTick: to.map { "\($0)" } ?? "none",
                    ])
                )
                return .zero
            }
        }
    }

    private func failed(_ schedule: Schedule, _ failure: FailedTick, _ tables: Tables) throws -> Duration {
        if let cause = Tables.failure(of: failure.cause) {
            if cause.kind == .fatal { throw failure.cause }
            let count = losses[schedule.name, default: 0] + 1
            losses[schedule.name] = count
            // A lost connection, or a conflict: at the third in a row it is the handler's own.
            if tables.isDead || failure.isRetriable, count < 3 {
                if tables.isDead { throw failure.cause }
                return Self.reconnecting.delay(after: count, using: &random)
            }
        }
        var standing = tables
        if tables.isDead {
            self.tables = nil
            standing = try connected()
        }
        var pause = Duration.zero
        let failures = try standing.note(failure, of: schedule) { failures in
            pause = Self.retrying.delay(after: failures, using: &random)
            return pause
        }
        guard let failures else { return .zero }
        losses[schedule.name] = nil
        metrics.failed(schedule.name)
        logger.error(
            "tick failed; it is tried again, and later ones wait",
            metadata: Logger.Metadata([
                .schedule: "\(schedule.name)", .tick: "\(failure.tick.time)", .attempt: .number(failures),
                .error: "\(failure.cause)", .retryIn: "\(pause)",
            ])
        )
        return pause
    }

    /// Whether the database has it as this program does. Where another program has declared it since, in another way, that one
    /// runs it; as long as it does.
    private func isOurs(_ schedule: Schedule, _ noted: NotedSchedule, _ now: Int64) -> Bool {
        if noted.isOf(schedule) {
            strange.remove(schedule.name)
            return true
        }
        guard !undeclared.contains(schedule.name) else { return false }
        if strange.insert(schedule.name).inserted {
            logger.notice(
                "the schedule was declared in another way since: left to whoever did",
                metadata: Logger.Metadata([.schedule: "\(schedule.name)"])
            )
        }
        // That somebody has noted when it is to be tried again shows that somebody runs it.
        let due = noted.state.nextTick.map { max($0, noted.state.retryAt ?? $0) }
        let late = due.map { now.subtractingReportingOverflow($0) }
        if let late, !late.overflow, late.partialValue > Self.patience, !noted.state.isPaused {
            undeclared.append(schedule.name)
        }
        return false
    }

    private func connected() throws -> Tables {
        if let tables, !tables.isDead { return tables }
        let made = try connect()
        tables = made
        return made
    }

    private func decision(_ schedule: Schedule) -> ScheduleDecision<ScheduleTicks> {
        ScheduleDecision(
            ticks: ScheduleTicks(recurrence: schedule.recurrence, timeZone: schedule.timeZone),
            missed: schedule.missed
        )
    }

    /// Microseconds that a tick is late before a program takes it to be nobody's.
    private static var patience: Int64 { 60_000_000 }
    private static var reconnecting: Backoff { Backoff(first: .milliseconds(100), cap: .seconds(5)) }
    private static var retrying: Backoff { Backoff(first: .seconds(1), cap: .seconds(300), floor: .milliseconds(100)) }
}

extension FailedTick {
    /// Time cures it: a deadlock, a lock that was not had.
    fileprivate var isRetriable: Bool { (cause as? PostgresError)?.isRetriable == true }
}
