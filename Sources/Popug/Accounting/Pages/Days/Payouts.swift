import Logging
import Postgres

/// Closes of days that this process pays, in the background: a page does not wait for them.
///
/// What is paid and what is left is in the database alone. A process that ends in the middle leaves a day that anybody can go on with.
actor Payouts {
    private let payDay: PayDay
    private let database: Database
    private let logger: Logger
    private var running: [CalendarDate: Task<Void, Never>] = [:]

    init(payDay: PayDay, database: Database, logger: Logger) {
        (self.payDay, self.database, self.logger) = (payDay, database, logger)
    }

    /// Whether this process pays the day at the moment.
    func isPaying(_ day: CalendarDate) -> Bool { running[day] != nil }

    /// Pays what a closed day has left, unless this process does so already.
    func goOn(with day: CalendarDate) {
        guard running[day] == nil else { return }
        running[day] = Task {
            do {
                for closed in try await payDay.goOn(with: day, in: database) {
                    logger.info(
                        "day is closed and paid",
                        metadata: ["day": "\(closed.day)", "paid": "\(closed.paid)", "total": "\(closed.total)"]
                    )
                }
            } catch {
                // Its page says that it has stopped, and goes on with it.
                logger.error("the payout of a day has stopped", metadata: ["day": "\(day)", "error": "\(error)"])
            }
            running[day] = nil
        }
    }

    /// Returns once the day is paid, or has stopped.
    func wait(for day: CalendarDate) async { await running[day]?.value }
}
