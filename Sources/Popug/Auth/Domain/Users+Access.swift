public import Foundation
public import Postgres

/// Keeping users out, and letting them in again. Access tokens that were given before are valid until they expire: for 15
/// minutes at the most.
extension Users {
    /// Disables a user: it cannot log in, and all its sessions are ended. Doing it again changes nothing.
    ///
    /// - Returns: The user as it is now.
    /// - Throws: `UserError.Code.notFound`; `PostgresError`.
    public func disable(_ id: UUID, in database: Database) async throws -> User {
        let now = now()
        return try await database.transaction { tx in
            // A login that is about to begin a session has locked the row: it is waited for, and its session ended.
            let user = try Self.change(
                """
                UPDATE auth.users SET disabled_at = coalesce(disabled_at, \(now)) WHERE user_id = \(id)
                RETURNING user_id, name, email, role, created_at, disabled_at
                """,
                in: tx
            )
            _ = try Sessions.endAll(of: id, .disabled, at: now, in: tx)
            return user
        }
    }

    /// Lets a user log in again who was disabled. The sessions of before stay ended.
    ///
    /// - Returns: The user as it is now.
    /// - Throws: as `disable`.
    public func enable(_ id: UUID, in database: Database) async throws -> User {
        try await database.transaction { tx in
            try Self.change(
                """
                UPDATE auth.users SET disabled_at = NULL WHERE user_id = \(id)
                RETURNING user_id, name, email, role, created_at, disabled_at
                """,
                in: tx
            )
        }
    }

    /// Ends all sessions of a user, who has to log in again everywhere.
    ///
    /// - Returns: How many there were.
    /// - Throws: as `disable`.
    public func endSessions(of id: UUID, in database: Database) async throws -> Int {
        let now = now()
        return try await database.transaction { tx in
            guard try tx.affectedRows("SELECT FROM auth.users WHERE user_id = \(id) FOR NO KEY UPDATE") == 1 else {
                throw UserError.notFound
            }
            return try Sessions.endAll(of: id, .ended, at: now, in: tx)
        }
    }

    /// Gives a user another password, and ends all its sessions.
    ///
    /// - Parameters:
    ///   - password: As of a new user.
    ///   - client: As of `add`.
    /// - Returns: How many sessions there were.
    /// - Throws: `UserError`: `.invalid`, `.notFound`; `PasswordHasher.Busy`; `PostgresError`.
    public func setPassword(
        _ password: String,
        of id: UUID,
        for client: PasswordClient = .local,
        in database: Database
    ) async throws -> Int {
        guard let user = try await user(id, in: database) else { throw UserError.notFound }
        let hash = try await hasher.hash(try NewPassword(password, email: user.email).text, for: client)
        let now = now()
        return try await database.transaction { tx in
            guard try Self.store(hash, of: id, in: tx) else { throw UserError.notFound }
            return try Sessions.endAll(of: id, .password, at: now, in: tx)
        }
    }

    /// Stores a new password, and forgets from where the user has logged in: it may not have been the user.
    ///
    /// - Parameter version: Only if the password is still this one. Nil: whatever it is.
    /// - Returns: Whether it was stored.
    static func store(
        _ hash: PasswordHash,
        of id: UUID,
        ifVersion version: Int? = nil,
        in tx: borrowing Transaction
    ) throws -> Bool {
        let changed = try tx.affectedRows(
            """
            UPDATE auth.users SET password_hash = \(hash.description), password_version = password_version + 1
            WHERE user_id = \(id) AND password_version = coalesce(\(version), password_version)
            """
        )
        guard changed == 1 else { return false }
        try tx.execute("DELETE FROM auth.known_addresses WHERE user_id = \(id)")
        return true
    }

    private static func change(_ statement: SQL, in tx: borrowing Transaction) throws -> User {
        guard let user = try tx.query(statement, { try User($0) }).first else { throw UserError.notFound }
        return user
    }
}
