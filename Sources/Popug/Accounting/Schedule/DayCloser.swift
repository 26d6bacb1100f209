import Foundation
public import Logging
import Perch
public import Postgres
public import ServiceLifecycle

/// Closes each day once it is over and its payout time has come, and at the start the days that were missed.
///
/// Any number of them may run: a day that is closed twice is paid once. It ends when the service group shuts down; a close
/// that is cut short by that is gone on with by the next one.
public struct DayCloser: Service {
    private let payDay: PayDay
    private let schedule: PayoutSchedule
    private let database: Database
    private let logger: Logger
    private let pause: @Sendable (Duration) async throws -> Void

    /// - Parameters:
    ///   - payDay: It also tells the time.
    ///   - database: One connection is enough.
    ///   - pause: For tests. Default: sleeps.
    public init(
        payDay: PayDay,
        schedule: PayoutSchedule,
        database: Database,
        logger: Logger,
        pause: @escaping @Sendable (Duration) async throws -> Void = { try await Task.sleep(for: $0) }
    ) {
        self.payDay = payDay
        self.schedule = schedule
        self.database = database
        self.logger = logger
        self.pause = pause
    }

    /// Runs until the service group shuts down or the task is cancelled.
    public func run() async throws {
        await cancelWhenGracefulShutdown { await closeDays() }
    }

    private func closeDays() async {
        var failures = 0
        var last: CalendarDate?
        while !Task.isCancelled {
            let now = payDay.now()
            let due = schedule.dayDue(at: now)
            do {
                if last.map({ $0 < due }) ?? true { try await close(due) }
                (last, failures) = (due, 0)
            } catch {
                guard !Task.isCancelled else { return }
                failures += 1
                logger.error("cannot close a day; trying again", metadata: ["day": "\(due)", "error": "\(error)"])
            }
            do {
                // At most a minute at a time: the clock may be set.
                let left = min(max(schedule.nextPayout(after: now) - now, .milliseconds(1)), .seconds(60))
                try await pause(failures > 0 ? Self.backoff(failures) : left)
            } catch {
                return
            }
        }
    }

    private func close(_ day: CalendarDate) async throws {
        // Must be over: Postgres decides, should its data on time zones not be ours.
        for closed in try await payDay.close(day, mustBeOver: true, in: database) {
            logger.info(
                "day is closed and paid",
                metadata: ["day": "\(closed.day)", "paid": "\(closed.paid)", "total": "\(closed.total)"]
            )
        }
    }

    private static func backoff(_ failures: Int) -> Duration {
        .milliseconds(Int.random(in: 500...1000) << min(failures, 6))
    }
}
