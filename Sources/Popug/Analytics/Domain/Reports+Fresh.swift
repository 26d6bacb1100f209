import Foundation
import Postgres

/// What keeps open pages fresh: many sums by one query, whoever looks at which.
extension Reports {
    /// What management earned in each of these stretches of days.
    func earnings(
        of stretches: Set<ClosedRange<CalendarDate>>,
        in database: Database
    ) async throws -> [ClosedRange<CalendarDate>: EarningsSum] {
        guard !stretches.isEmpty else { return [:] }
        let bounds = Self.bounds(of: stretches)
        let sums = try await database.query(
            """
            SELECT s.first, s.last, coalesce(sum(e.commissions), 0)::bigint AS commissions,
                coalesce(sum(e.rewards), 0)::bigint AS rewards, coalesce(sum(e.earned), 0)::bigint AS earned
            FROM (
                SELECT date '1970-01-01' + first::int AS first, date '1970-01-01' + last::int AS last
                FROM unnest(\(bounds.first), \(bounds.last)) AS b (first, last)
            ) AS s
            LEFT JOIN reporting.earnings e ON e.day BETWEEN s.first AND s.last GROUP BY s.first, s.last
            """
        ) { row in
            (
                try Self.stretch(row),
                EarningsSum(
                    commissions: try row.decode("commissions"),
                    rewards: try row.decode("rewards"),
                    earned: try row.decode("earned")
                )
            )
        }
        return Dictionary(sums) { first, _ in first }
    }

    /// What was paid in each of these stretches of days.
    func wages(
        of stretches: Set<ClosedRange<CalendarDate>>,
        in database: Database
    ) async throws -> [ClosedRange<CalendarDate>: WagesSum] {
        guard !stretches.isEmpty else { return [:] }
        let bounds = Self.bounds(of: stretches)
        let sums = try await database.query(
            """
            SELECT s.first, s.last, coalesce(sum(e.count), 0)::bigint AS count, coalesce(sum(e.total), 0)::bigint AS total
            FROM (
                SELECT date '1970-01-01' + first::int AS first, date '1970-01-01' + last::int AS last
                FROM unnest(\(bounds.first), \(bounds.last)) AS b (first, last)
            ) AS s
            LEFT JOIN analytics.wages e ON e.day BETWEEN s.first AND s.last GROUP BY s.first, s.last
            """
        ) { row in
            (try Self.stretch(row), WagesSum(count: try row.decode("count"), total: try row.decode("total")))
        }
        return Dictionary(sums) { first, _ in first }
    }

    /// What these users have; those that nobody has spoken of are left out.
    func balances(of users: [UUID], in database: Database) async throws -> [UUID: Int64] {
        guard !users.isEmpty else { return [:] }
        let balances = try await database.query(
            "SELECT user_id, balance FROM analytics.users WHERE user_id = ANY (\(users))"
        ) { (try $0.decode("user_id", as: UUID.self), try $0.decode("balance", as: Int64.self)) }
        return Dictionary(balances) { first, _ in first }
    }

    private static func stretch(_ row: borrowing Row) throws -> ClosedRange<CalendarDate> {
        let first = try row.decode("first", as: CalendarDate.self)
        return first...max(first, try row.decode("last"))
    }

    private static func bounds(of stretches: Set<ClosedRange<CalendarDate>>) -> (first: [Int64], last: [Int64]) {
        let stretches = Array(stretches)
        return (
            stretches.map { Int64($0.lowerBound.daysSince1970) }, stretches.map { Int64($0.upperBound.daysSince1970) }
        )
    }
}
