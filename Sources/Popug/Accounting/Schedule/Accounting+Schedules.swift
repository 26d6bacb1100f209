public import Foundation
public import Logging
public import Perch

extension Accounting {
    /// What the service does by the clock: `pay-day` closes each day once it is over and the payout time of the day after has come, and
    /// at the start the days that were missed.
    ///
    /// - Parameters:
    ///   - payDay: It also tells the time of wages.
    ///   - time: By the clocks of the time zone. Where they skip it, it comes when they are put forward; where they show it twice, the
    ///     first time counts.
    ///   - timeZone: Where a day begins and ends: that of `payDay`.
    ///   - logger: Tells of days that are closed and paid.
    /// - Throws: Nothing that a time of day could cause.
    public static func schedules(
        payDay: PayDay,
        time: TimeOfDay,
        timeZone: TimeZone,
        logger: Logger
    ) throws -> [Schedule] {
        let payouts = PayoutSchedule(time: time, timeZone: timeZone)
        return [
            // A close pays the days before it too: one stands for all that were missed.
            Schedule(steps: "pay-day", try payouts.recurrence, in: timeZone, missed: .latest, beginning: .last) {
                tick,
                tx in
                let day = payouts.dayDue(at: tick.time)
                let (progress, recorded) = try payDay.step(closing: day, tick: tick.time, in: tx)
                if let closed = recorded {
                    logger.info(
                        "day is closed and paid",
                        metadata: ["day": "\(closed.day)", "paid": "\(closed.paid)", "total": "\(closed.total)"]
                    )
                }
                return progress
            }
        ]
    }
}
