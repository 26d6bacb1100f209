import Postgres

/// What the hashes of the users' passwords cost, log2 of scrypt's N.
struct PasswordCosts: Sendable, Hashable {
    /// What most of them cost: of this cost is the hash of whoever there is not.
    let usual: Int
    /// What the dearest costs: so much work is each try.
    let highest: Int
}

/// Knows what the users' hashes cost, and looks again each minute.
///
/// Hashes keep the cost at which they were made, until their user logs in. So what a try costs would tell who exists as soon
/// as `PASSWORD_COST` is changed, if it went by the setting alone.
actor PasswordCensus {
    private static let period = Duration.seconds(60)

    private let now: @Sendable () -> Timestamp
    private var known: (costs: PasswordCosts, at: Timestamp)?

    init(now: @escaping @Sendable () -> Timestamp) { self.now = now }

    /// - Parameter standard: What hashes cost where there is none.
    func costs(_ standard: Int, in database: Database) async throws -> PasswordCosts {
        let now = now()
        if let known, known.at <= now, now - known.at < Self.period { return known.costs }
        let rows = try await database.query(
            """
            SELECT password_cost, count(*) FROM auth.users WHERE password_cost BETWEEN 1 AND 20
            GROUP BY password_cost ORDER BY count(*) DESC, password_cost DESC
            """
        ) { try $0.decode(0, as: Int.self) }
        let costs = PasswordCosts(usual: rows.first ?? standard, highest: rows.max() ?? standard)
        known = (costs, now)
        return costs
    }
}
