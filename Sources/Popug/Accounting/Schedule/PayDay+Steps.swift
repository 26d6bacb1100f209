import Perch
import PopugEvents
import Postgres

extension PayDay {
    /// How many accounts are paid in one transaction: workers wait for no more than these.
    static let accountsAStep = 20

    /// A part of the close of a day that is over, in one transaction: it closes the day, or pays some accounts of the first day that is
    /// closed and not paid, or records that all of them are. Whoever goes on with it, after whatever, finds what is left.
    ///
    /// - Parameter tick: When the close was due: the day was over then, whatever this process's clock says.
    /// - Returns: How far it is once the transaction commits; with what was recorded now.
    /// - Throws: `DayNotClosable`; `PostgresError`, 55P03 where workers were in the midst of long transactions.
    func step(
        closing day: CalendarDate,
        tick: Timestamp,
        in tx: borrowing Transaction
    ) throws -> (progress: TickProgress, recorded: ClosedDay?) {
        if try record(of: day, in: tx) != nil { return (.done, nil) }
        let isShut = try tx.query("SELECT 1 FROM accounting.closed_days WHERE day = \(day)") { _ in true }
        guard isShut == [true] else {
            try check(day, true, at: max(tick, now()), in: tx)
            try shut(day, in: tx)
            try onStep(.closed(day))
            return (.more, nil)
        }
        // The day itself is the last of them.
        let unpaid = try unpaidDays(upTo: day, in: tx).first ?? day
        let creditors = try creditors(of: unpaid, limit: Self.accountsAStep, in: tx)
        guard creditors.isEmpty else {
            for user in creditors { _ = try pay(user, for: unpaid, in: tx) }
            return (.more, nil)
        }
        try record(unpaid, in: tx)
        try onStep(.recorded(unpaid))
        return (unpaid == day ? .done : .more, try record(of: unpaid, in: tx))
    }
}
