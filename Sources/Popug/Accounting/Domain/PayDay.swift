public import Foundation
import Perch
import PopugEvents
public import Postgres

/// Closes days: pays out what the accounts have earned by then.
///
/// A close first closes the day, in an instant and for good: from then on no entry goes to it. What each account is owed is
/// fixed by that, and each is paid in a small transaction of its own. Whoever closes the day again, at the same time or
/// after a crash, finds those that are paid owed nothing and pays the others.
public struct PayDay: Sendable {
    let timeZone: TimeZone
    let now: @Sendable () -> Timestamp
    /// For tests: called at every step with how far the close is; throws to end it there, as a crash would.
    var onStep: @Sendable (Step) throws -> Void = { _ in }

    enum Step: Sendable, Hashable {
        case closed(CalendarDate)
        /// In the account's transaction, before its commit.
        case paying(UUID, CalendarDate)
        case paid(UUID, CalendarDate)
        case recorded(CalendarDate)
    }

    /// - Parameters:
    ///   - timeZone: Where a day begins and ends: the workers' own.
    ///   - now: The clock, for tests. It tells which days have begun, and the time of wages.
    public init(timeZone: TimeZone, now: @escaping @Sendable () -> Timestamp = { .now }) {
        self.timeZone = timeZone
        self.now = now
    }

    /// Closes a day: earlier ones that are still open and have entries first, in order.
    ///
    /// Closing it again pays nobody and gives the same answer. After an error, or a crash, close it again: what was paid stays
    /// paid.
    ///
    /// - Parameters:
    ///   - day: Today or earlier, and less than a week before the ledger's first entry, or before today.
    ///   - mustBeOver: Refuses today too. Default false: today may be closed early, and what comes after counts to tomorrow.
    /// - Returns: What each day paid, also days that were closed before and paid only now; the last is `day`.
    /// - Throws: `DayNotClosable`, `DaysAreBusy`; `PostgresError`.
    public func close(_ day: CalendarDate, mustBeOver: Bool = false, in database: Database) async throws -> [ClosedDay]
    {
        if let closed = try await record(of: day, in: database) { return [closed] }
        try await begin(day, mustBeOver: mustBeOver, in: database)
        return try await goOn(with: day, in: database)
    }

    /// The first part of `close(_:mustBeOver:in:)`: once it returns, no entry goes to the day any more, and what it pays is fixed. Nobody
    /// is paid yet.
    ///
    /// - Throws: As above.
    public func begin(_ day: CalendarDate, mustBeOver: Bool = false, in database: Database) async throws {
        try await database.transaction { try check(day, mustBeOver, at: now(), in: $0) }
        try await shut(day, in: database)
        try onStep(.closed(day))
    }

    /// The rest of it, for a day that is closed: pays who is not paid yet. Whoever does it at the same time, or has begun it before, nobody
    /// is paid twice.
    ///
    /// - Throws: `DayNotClosable` where nobody has closed the day; `PostgresError`.
    public func goOn(with day: CalendarDate, in database: Database) async throws -> [ClosedDay] {
        let isClosed = try await database.query("SELECT 1 FROM accounting.closed_days WHERE day = \(day)") { _ in true }
        guard isClosed == [true] else { throw DayNotClosable(day: day, message: "nobody has closed it yet") }
        var closed: [ClosedDay] = []
        for day in try await database.transaction({ try unpaidDays(upTo: day, in: $0) }) {
            closed.append(try await pay(day, in: database))
        }
        return closed
    }

    /// The last day that is over.
    ///
    /// - Throws: `PostgresError`.
    public func yesterday(in database: Database) async throws -> CalendarDate {
        // The day before, but for a date that the time zone has skipped.
        let zone = timeZone.identifier
        let days = try await database.query(
            """
            SELECT max(d.day) AS day FROM (
                SELECT (\(now()) AT TIME ZONE \(zone))::date - n AS day FROM generate_series(1, 3) AS n
            ) AS d
            WHERE (d.day::timestamp AT TIME ZONE \(zone) AT TIME ZONE \(zone))::date = d.day
            """
        ) { try $0.decode("day", as: CalendarDate.self) }
        return days[0]
    }

    // MARK: Closing

    /// How many days before the ledger's first entry, or before today where there is none, none is closed any more: it could
    /// only leave rows that pay nothing. Not zero, since days are closed by schedule before anything has happened.
    private static let head: Int32 = 7

    /// Postgres decides which day it is, as it does for the entries: one idea of time zones, whatever data others have.
    func check(_ day: CalendarDate, _ mustBeOver: Bool, at now: Timestamp, in tx: borrowing Transaction) throws {
        let zone = timeZone.identifier
        let found = try tx.query(
            """
            SELECT d.today, (\(day)::timestamp AT TIME ZONE \(zone) AT TIME ZONE \(zone))::date AS same_day,
                \(day) > d.today - \(Self.head) OR EXISTS (
                    SELECT FROM accounting.ledger WHERE business_day < \(day)::date + \(Self.head)
                ) OR EXISTS (SELECT FROM accounting.closed_days WHERE day = \(day)) AS is_near
            FROM (SELECT (\(now) AT TIME ZONE \(zone))::date AS today) AS d
            """
        ) {
            (
                today: try $0.decode("today", as: CalendarDate.self),
                day: try $0.decode("same_day", as: CalendarDate.self), isNear: try $0.decode("is_near", as: Bool.self)
            )
        }
        for (today, sameDay, isNear) in found {
            guard day <= today else {
                throw DayNotClosable(day: day, message: "expected \(today) or earlier: the day has not begun yet")
            }
            guard sameDay == day else {
                throw DayNotClosable(day: day, message: "there was no such day in \(zone)")
            }
            guard !mustBeOver || day < today else { throw DayNotClosable(day: day, message: "the day is not over yet") }
            guard isNear else {
                throw DayNotClosable(
                    day: day,
                    message:
                        "expected a day less than \(Self.head) days before the ledger's first entry, or before today"
                )
            }
        }
    }

    /// No entry goes to the day, or to one before it, once this returns; all that went there before are committed.
    private func shut(_ day: CalendarDate, in database: Database) async throws {
        for attempt in 1... {
            do {
                return try await database.transaction { try shut(day, in: $0) }
            } catch let error as PostgresError where error.sqlState == .lockNotAvailable {
                guard attempt < 50 else { throw DaysAreBusy() }
                try await Task.sleep(for: .milliseconds(Int.random(in: 50...250)))
            }
        }
    }

    /// The same, once the transaction commits. 55P03 (`lock_not_available`) where workers are in the midst of their transactions.
    func shut(_ day: CalendarDate, in tx: borrowing Transaction) throws {
        // Workers who come while this waits for those who are at work wait too: for not longer than this.
        try tx.execute("SET LOCAL lock_timeout = '200ms'")
        try tx.execute("SELECT pg_advisory_xact_lock(hashtextextended('accounting.days', 0))")
        try tx.execute("INSERT INTO accounting.closed_days (day) VALUES (\(day)) ON CONFLICT (day) DO NOTHING")
    }

    /// The day, and the closed days before it that have entries and are not paid yet, in order. Days are paid in order, so
    /// whatever lies before one that is paid is paid too.
    func unpaidDays(upTo day: CalendarDate, in tx: borrowing Transaction) throws -> [CalendarDate] {
        try tx.execute(
            """
            INSERT INTO accounting.closed_days (day)
            SELECT DISTINCT business_day FROM accounting.ledger
            WHERE business_day < \(day)
                AND business_day > coalesce((SELECT max(day) FROM accounting.paid_days), '-infinity')
            ON CONFLICT (day) DO NOTHING
            """
        )
        return try tx.query(
            """
            SELECT day FROM accounting.closed_days
            WHERE day = \(day)
                OR day < \(day) AND day > coalesce((SELECT max(day) FROM accounting.paid_days), '-infinity')
            ORDER BY day
            """
        ) { try $0.decode("day", as: CalendarDate.self) }
    }
}
