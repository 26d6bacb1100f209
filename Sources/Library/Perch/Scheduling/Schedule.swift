public import Foundation
public import PerchProtocol
public import Postgres

/// What is to be done again and again, at given times: a name, when, and a handler.
///
///     let schedule = try Schedule("invoices", .cron("5 0 1 * *"), in: berlin) { tick, tx in
///         try tx.execute("INSERT INTO invoices … \(tick.time)")
///         try tx.publish(…)
///     }
///
/// What the handler does in the transaction, what it publishes there, and the note that the tick is done commit together: each tick is
/// done once, whoever runs it and whatever dies. Nothing that it does elsewhere has that promise. A handler that throws is run again
/// for the same tick, with growing pauses, until it succeeds; later ticks wait for it.
public struct Schedule: Sendable {
    /// Which tick comes first where the database does not know the schedule yet.
    public enum Beginning: Sendable, Hashable {
        /// With the first tick to come.
        case next
        /// With the last tick before, at once.
        case last
    }

    /// Stays the same over releases: by it the database knows what is done.
    public let name: String
    /// When.
    public let recurrence: Recurrence
    /// By whose clocks.
    public let timeZone: TimeZone
    /// What becomes of ticks that nobody ran in time.
    public let missed: MissedTicks
    /// What it begins with.
    public let beginning: Beginning
    let handler: @Sendable (Tick, borrowing Transaction) throws -> TickProgress

    /// A schedule whose ticks are done in one transaction each.
    ///
    /// - Parameters:
    ///   - name: 1 to 128 bytes, unique in its service.
    ///   - timeZone: By whose clocks. Default: UTC.
    ///   - missed: What becomes of ticks that nobody ran in time. Default: each is run, in order.
    ///   - beginning: What it begins with where the database does not know it yet. Default: the first tick to come.
    ///   - handler: Runs on the thread of the `Scheduler`, which it may block. It must not commit.
    public init(
        _ name: String,
        _ recurrence: Recurrence,
        in timeZone: TimeZone = .gmt,
        missed: MissedTicks = .all,
        beginning: Beginning = .next,
        handler: @escaping @Sendable (Tick, borrowing Transaction) throws -> Void
    ) {
        self.init(steps: name, recurrence, in: timeZone, missed: missed, beginning: beginning) { tick, tx in
            try handler(tick, tx)
            return .done
        }
    }

    /// A schedule whose ticks take several transactions, so that none of them is long.
    ///
    /// The handler is run again for the same tick as long as it returns `more`. Each of its transactions takes effect once, and the note
    /// that the tick is done commits with the last. Where the process dies between two of them, another goes on: the handler has to find
    /// in its own tables what is left.
    ///
    /// - Parameters: as of the other.
    public init(
        steps name: String,
        _ recurrence: Recurrence,
        in timeZone: TimeZone = .gmt,
        missed: MissedTicks = .all,
        beginning: Beginning = .next,
        handler: @escaping @Sendable (Tick, borrowing Transaction) throws -> TickProgress
    ) {
        self.name = name
        self.recurrence = recurrence
        self.timeZone = timeZone
        self.missed = missed
        self.beginning = beginning
        self.handler = handler
    }
}
