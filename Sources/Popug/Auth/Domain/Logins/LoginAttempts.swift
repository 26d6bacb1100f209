import Foundation
import Postgres

/// Counts failed logins in the database, so that all processes of auth count together.
///
/// A try is counted as failed before its password is looked at, and taken back when it succeeds: any number of tries at the
/// same time are counted one after the other, and none gets past the limit.
struct LoginAttempts: Sendable {
    /// What a password is tried for.
    enum Purpose: Sendable {
        /// To log in as whoever has this email.
        case login(email: String)
        /// To change it: by a token it is known who the user is.
        case change(of: UUID)
    }

    /// A try that was let in.
    struct Admission: Sendable {
        /// What is counted: the account, or the account from this address where it has logged in before.
        fileprivate let account: [UInt8]
        fileprivate let address: [UInt8]
        /// Whose share of the line of those who hash it takes.
        let client: PasswordClient
    }

    let now: @Sendable () -> Timestamp

    /// Counts a try, or refuses it without counting.
    ///
    /// - Throws: `LoginRefusal.tooOften`.
    func admit(
        _ purpose: Purpose,
        from address: LoginAddress,
        in database: Database
    ) async throws -> Admission {
        let now = now()
        return try await database.transaction { tx in
            let admission =
                switch purpose {
                case .login(let email): try Self.admission(email: email, address, at: now, in: tx)
                case .change(let user): try Self.admission(user: user, address, in: tx)
                }
            let limits = [(admission.account, LoginLimit.account), (admission.address, LoginLimit.address)]
            let counts = try Self.lock(admission, in: tx)
            let next = limits.compactMap { subject, limit in counts[subject].map(limit.nextTry(after:)) }.max() ?? now
            guard next <= now else { throw LoginRefusal.tooOften(retryAfter: LoginLimit.seconds(next - now)) }
            for (subject, limit) in limits {
                let count = limit.adding(to: counts[subject], at: now)
                try Self.store(count, limit.forgotten(count), of: subject, in: tx)
            }
            try Self.forget(at: now, in: tx)
            return admission
        }
    }

    /// The password was right: the account is as if nothing had been, the address as before this try.
    static func succeed(_ admission: Admission, in tx: borrowing Transaction) throws {
        _ = try lock(admission, in: tx)
        try tx.execute("DELETE FROM auth.login_failures WHERE subject = \(admission.account)")
        try takeBack([admission.address], in: tx)
    }

    /// The password was not looked at: both are as before this try.
    static func withdraw(_ admission: Admission, in tx: borrowing Transaction) throws {
        _ = try lock(admission, in: tx)
        try takeBack([admission.account, admission.address], in: tx)
    }

    // MARK: In a transaction

    /// The account is found as the login finds it, by the email's form: no other way to write it is another account.
    ///
    /// From an address that the account knows, tries are counted apart: strangers who fail elsewhere do not keep its owner
    /// out, and whoever shares that address is slowed down as they are.
    private static func admission(
        email: String,
        _ address: LoginAddress,
        at now: Timestamp,
        in tx: borrowing Transaction
    ) throws -> Admission {
        let isKnown = try KnownAddresses.has(address, email: email, at: now, in: tx)
        let found = try tx.query(
            """
            SELECT k.email, auth.login_subject('account ' || k.email),
                auth.login_subject('known ' || \(address.description) || ' ' || k.email),
                auth.login_subject('address ' || \(address.description))
            FROM (SELECT auth.email_key(\(email)) AS email) AS k
            """
        ) { row in
            Admission(
                account: try row.decode(isKnown ? 2 : 1),
                address: try row.decode(3),
                client: PasswordClient(
                    address: address.description,
                    account: try row.decode(0),
                    isKnown: isKnown
                )
            )
        }
        guard let admission = found.first else { throw NoRow() }
        return admission
    }

    private static func admission(
        user: UUID,
        _ address: LoginAddress,
        in tx: borrowing Transaction
    ) throws -> Admission {
        let found = try tx.query(
            """
            SELECT auth.login_subject('change ' || \(user)::uuid), auth.login_subject('address ' || \(address.description))
            """
        ) { row in
            Admission(
                account: try row.decode(0),
                address: try row.decode(1),
                client: PasswordClient(address: address.description, account: user.uuidString, isKnown: true)
            )
        }
        guard let admission = found.first else { throw NoRow() }
        return admission
    }

    /// Locks both rows in one order, and reads those that there are. Rows that are not there yet are made, or two first
    /// tries at once would count as one.
    private static func lock(
        _ admission: Admission,
        in tx: borrowing Transaction
    ) throws -> [[UInt8]: LoginLimit.Count] {
        let subjects = [admission.account, admission.address]
        try tx.execute(
            """
            INSERT INTO auth.login_failures (subject, level, at, forgotten_at)
            SELECT subject, 0, '-infinity', '-infinity' FROM unnest(\(subjects)) AS subject ORDER BY subject
            ON CONFLICT DO NOTHING
            """
        )
        let rows = try tx.query(
            """
            SELECT subject, level, CASE WHEN level > 0 THEN at END FROM auth.login_failures
            WHERE subject = ANY(\(subjects)) ORDER BY subject FOR UPDATE
            """
        ) { row in
            let at = try row.decodeIfPresent(2, as: Timestamp.self)
            let level = try row.decode(1, as: Double.self)
            return (
                subject: try row.decode(0, as: [UInt8].self), count: at.map { LoginLimit.Count(level: level, at: $0) }
            )
        }
        return Dictionary(rows.map { ($0.subject, $0.count) }) { first, _ in first }.compactMapValues(\.self)
    }

    private static func store(
        _ count: LoginLimit.Count,
        _ forgottenAt: Timestamp,
        of subject: [UInt8],
        in tx: borrowing Transaction
    ) throws {
        try tx.execute(
            """
            UPDATE auth.login_failures SET level = \(count.level), at = \(count.at), forgotten_at = \(forgottenAt)
            WHERE subject = \(subject)
            """
        )
    }

    private static func takeBack(_ subjects: [[UInt8]], in tx: borrowing Transaction) throws {
        try tx.execute(
            "UPDATE auth.login_failures SET level = greatest(0, level - 1) WHERE subject = ANY(\(subjects))"
        )
    }

    /// A try takes more away than it adds.
    private static func forget(at now: Timestamp, in tx: borrowing Transaction) throws {
        try tx.execute(
            """
            DELETE FROM auth.login_failures WHERE subject IN (
                SELECT subject FROM auth.login_failures WHERE forgotten_at < \(now)
                ORDER BY forgotten_at LIMIT 10 FOR UPDATE SKIP LOCKED
            )
            """
        )
    }

    /// Never so: a SELECT from one row gives a row.
    private struct NoRow: Error {}
}
