import Foundation
import Postgres

/// The addresses that accounts have logged in from. Each is remembered as a keyed hash of its own for each account: the table
/// tells neither the addresses nor who shares one.
enum KnownAddresses {
    /// How long one is remembered after the last login from there.
    static let memory = Duration.seconds(90 * 86_400)
    /// How many are remembered for an account; those that were used last.
    static let most = 20

    /// Whether whoever has this email has logged in from the address.
    static func has(
        _ address: LoginAddress,
        email: String,
        at now: Timestamp,
        in tx: borrowing Transaction
    ) throws -> Bool {
        try tx.affectedRows(
            """
            SELECT FROM auth.users u JOIN auth.known_addresses k USING (user_id)
            WHERE auth.email_key(u.email) = auth.email_key(\(email))
                AND k.address = auth.login_subject('of ' || u.user_id || ' ' || \(address.description))
                AND k.last_login_at > \(now + (.zero - Self.memory))
            """
        ) > 0
    }

    /// A user has logged in from the address.
    static func remember(
        _ address: LoginAddress,
        of user: UUID,
        at now: Timestamp,
        in tx: borrowing Transaction
    ) throws {
        guard !address.description.isEmpty else { return }
        try tx.execute(
            """
            INSERT INTO auth.known_addresses (user_id, address, last_login_at)
            VALUES (\(user), auth.login_subject('of ' || \(user)::uuid || ' ' || \(address.description)), \(now))
            ON CONFLICT (user_id, address) DO UPDATE SET last_login_at = EXCLUDED.last_login_at
            """
        )
        try tx.execute(
            """
            DELETE FROM auth.known_addresses WHERE (user_id, address) IN (
                SELECT user_id, address FROM auth.known_addresses WHERE user_id = \(user)
                ORDER BY last_login_at DESC OFFSET \(Self.most) FOR UPDATE SKIP LOCKED
            )
            """
        )
        // Of whomever: a login takes more away than it adds.
        try tx.execute(
            """
            DELETE FROM auth.known_addresses WHERE (user_id, address) IN (
                SELECT user_id, address FROM auth.known_addresses WHERE last_login_at <= \(now + (.zero - Self.memory))
                ORDER BY last_login_at LIMIT 10 FOR UPDATE SKIP LOCKED
            )
            """
        )
    }
}
