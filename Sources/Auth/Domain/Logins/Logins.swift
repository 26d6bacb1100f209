import Foundation
import Logging
import Postgres

/// Why a login gives no session. It never tells whether there is such a user.
enum LoginRefusal: Error, Hashable {
    /// No user has this email, or not this password.
    case wrongCredentials
    /// There were too many failures for this account or from this address. In seconds.
    case tooOften(retryAfter: Int)
}

/// Logging in: email and password in, a session out.
struct Logins: Sendable {
    let database: Database
    let hasher: PasswordHasher
    let sessions: Sessions
    let attempts: LoginAttempts
    let logger: Logger

    /// Begins a session for the user with this email, if it is the password.
    ///
    /// - Throws: `LoginRefusal`; `PasswordHasher.Busy`.
    func logIn(email: String, password: String, from address: LoginAddress) async throws -> TokenPair {
        let admission: LoginAttempts.Admission
        do {
            admission = try await attempts.admit(email: email, from: address, in: database)
        } catch let refusal as LoginRefusal {
            logger.notice("login slowed down", metadata: ["address": "\(address)"])
            throw refusal
        }
        let found = try await user(email: email)
        let isRight: Bool
        do {
            isRight = try await hasher.verify(password, found?.hash)
        } catch {
            // Not the fault of who tries.
            try await database.transaction { tx in try LoginAttempts.withdraw(admission, in: tx) }
            throw error
        }
        guard isRight, let found else {
            logger.notice("login failed", metadata: ["address": "\(address)"])
            throw LoginRefusal.wrongCredentials
        }
        try await strengthen(found, password)
        return try await sessions.begin(for: found.user) { tx in try LoginAttempts.succeed(admission, in: tx) }
    }

    private struct Found: Sendable {
        let user: User
        let hash: PasswordHash
    }

    private func user(email: String) async throws -> Found? {
        let rows = try await database.query(
            """
            SELECT user_id, name, email, role, created_at, password_hash FROM auth.users
            WHERE lower(email) = lower(\(email))
            """
        ) { row in (user: try User(row), hash: PasswordHash(try row.decode("password_hash", as: String.self))) }
        guard let (user, hash) = rows.first else { return nil }
        guard let hash else {
            logger.error("a password's hash cannot be read", metadata: ["user_id": "\(user.userID)"])
            return nil
        }
        return Found(user: user, hash: hash)
    }

    /// Only now is the password at hand to be hashed at the cost that has become the rule.
    private func strengthen(_ found: Found, _ password: String) async throws {
        guard found.hash.isWeaker(than: hasher.cost) else { return }
        let hash: PasswordHash
        do { hash = try await hasher.hash(password) } catch is PasswordHasher.Busy { return }
        try await database.execute(
            """
            UPDATE auth.users SET password_hash = \(hash.description)
            WHERE user_id = \(found.user.userID) AND password_hash = \(found.hash.description)
            """
        )
    }
}
