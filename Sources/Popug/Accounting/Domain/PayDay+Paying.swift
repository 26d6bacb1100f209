import Foundation
import Perch
import PopugEvents
import Postgres

extension PayDay {
    /// Pays the accounts of a closed day and records it.
    func pay(_ day: CalendarDate, in database: Database) async throws -> ClosedDay {
        for user in try await database.transaction({ try creditors(of: day, in: $0) }) {
            if try await database.transaction({ try pay(user, for: day, in: $0) }) { try onStep(.paid(user, day)) }
        }
        try await database.transaction { try record(day, in: $0) }
        try onStep(.recorded(day))
        guard let closed = try await record(of: day, in: database) else {
            preconditionFailure("a row of accounting.paid_days is never deleted")
        }
        return closed
    }

    /// Records that a day's accounts are paid. Whoever else pays this day has the same list: when one is through, all of it is
    /// paid, and the sum is final.
    func record(_ day: CalendarDate, in tx: borrowing Transaction) throws {
        try tx.execute(
            """
            INSERT INTO accounting.paid_days (day, paid, total)
            SELECT \(day), count(*), coalesce(-sum(amount), 0)::bigint
            FROM accounting.ledger WHERE kind = 'wage' AND business_day = \(day)
            ON CONFLICT (day) DO NOTHING
            """
        )
    }

    /// What a day has paid; nil as long as it is not closed, or not all accounts are paid.
    func record(of day: CalendarDate, in database: Database) async throws -> ClosedDay? {
        try await database.transaction { try record(of: day, in: $0) }
    }

    /// The same.
    func record(of day: CalendarDate, in tx: borrowing Transaction) throws -> ClosedDay? {
        try tx.query("SELECT day, paid, total FROM accounting.paid_days WHERE day = \(day)") { row in
            ClosedDay(
                day: try row.decode("day"),
                paid: try row.decode("paid"),
                total: Money(cents: try row.decode("total"))
            )
        }.first
    }

    /// Who has something coming for a closed day. Nobody joins them later: no entry goes to the day any more.
    ///
    /// - Parameter limit: Only the first so many, by id; nil: all.
    func creditors(of day: CalendarDate, limit: Int? = nil, in tx: borrowing Transaction) throws -> [UUID] {
        try tx.query(
            """
            SELECT a.user_id FROM accounting.accounts a
            LEFT JOIN (
                SELECT user_id, sum(amount) AS amount FROM accounting.ledger WHERE business_day > \(day) GROUP BY user_id
            ) AS later USING (user_id)
            WHERE a.balance - coalesce(later.amount, 0) > 0
            ORDER BY a.user_id LIMIT \(limit.map(Int64.init))
            """
        ) { try $0.decode("user_id", as: UUID.self) }
    }

    /// Pays one account what its entries up to the day come to: in one transaction the ledger's entry, the balance and
    /// `user_wage_paid`. What later days have brought stays.
    ///
    /// - Returns: Whether there was something to pay.
    func pay(_ user: UUID, for day: CalendarDate, in tx: borrowing Transaction) throws -> Bool {
        let now = now()
        // A statement of its own, since it may wait: the next one then sees what the others have committed, both the
        // balance and the entries that belong to it.
        try tx.execute("SELECT 1 FROM accounting.accounts WHERE user_id = \(user) FOR NO KEY UPDATE")
        let found = try tx.query(
            """
            SELECT later.amount::bigint AS rest, (a.balance - later.amount)::bigint AS owed
            FROM accounting.accounts a,
                (
                    SELECT coalesce(sum(amount), 0) AS amount FROM accounting.ledger
                    WHERE user_id = \(user) AND business_day > \(day)
                ) AS later
            WHERE a.user_id = \(user)
            """
        ) { (rest: try $0.decode("rest", as: Int64.self), owed: try $0.decode("owed", as: Int64.self)) }
        guard let (balance, owed) = found.first, owed > 0 else { return false }
        let id = WageID.of(user, for: day)
        try tx.execute("UPDATE accounting.accounts SET balance = \(balance) WHERE user_id = \(user)")
        try tx.execute(
            """
            INSERT INTO accounting.ledger (event_id, user_id, kind, amount, balance_after, business_day, at)
            VALUES (\(id), \(user), 'wage', \(-owed), \(balance), \(day), \(now))
            """
        )
        try tx.publish(UserWagePaid(userID: user, amount: Money(cents: owed)), id: id, time: now)
        try onStep(.paying(user, day))
        return true
    }
}
