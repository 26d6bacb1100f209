import Foundation
import Logging
import Postgres

/// Why a login gives no session. It never tells whether there is such a user.
enum LoginRefusal: Error, Hashable {
    /// No user has this email, or not this password, or it is disabled.
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
    let census: PasswordCensus
    let logger: Logger

    /// Begins a session for the user with this email, if it is the password.
    ///
    /// - Throws: `LoginRefusal`; `PasswordHasher.Busy`.
    func logIn(email: String, password: String, from address: LoginAddress) async throws -> TokenPair {
        let proven = try await prove(email: email, password: password, from: address)
        return try await sessions.begin(for: proven.user, ifPasswordIs: proven.version, alongside: proven.remember)
    }

    /// Somebody who knows the password.
    struct Proven: Sendable {
        let user: User
        /// Of the password.
        let version: Int
        /// Notes that the login went well: in the transaction that begins the session.
        let remember: @Sendable (borrowing Transaction) throws -> Void
    }

    /// Looks whether it is the password of the user with this email.
    ///
    /// - Throws: `LoginRefusal`; `PasswordHasher.Busy`.
    func prove(email: String, password: String, from address: LoginAddress) async throws -> Proven {
        let admission = try await admit(.login(email: email), from: address)
        let found = try await find(
            """
            SELECT user_id, name, email, role, created_at, disabled_at, password_hash, password_version FROM auth.users
            WHERE auth.email_key(email) = auth.email_key(\(email))
            """
        )
        let isRight = try await verify(password, found?.hash, admission)
        // A user that is disabled is told no more than a stranger: the password may be stolen.
        guard isRight, let found, found.user.disabledAt == nil else {
            let reason = isRight ? "the user is disabled" : "wrong credentials"
            logger.notice("login failed", metadata: ["address": "\(address)", "reason": "\(reason)"])
            throw LoginRefusal.wrongCredentials
        }
        try await strengthen(found, password, admission.client)
        let now = attempts.now()
        return Proven(user: found.user, version: found.version) { tx in
            try LoginAttempts.succeed(admission, in: tx)
            try KnownAddresses.remember(address, of: found.user.userID, at: now, in: tx)
        }
    }

    /// Gives a user another password who knows the present one, ends all its sessions and begins a new one.
    ///
    /// - Throws: `UserError.Code.invalid`, naming `old_password` or `new_password`; `LoginRefusal`; `PasswordHasher.Busy`.
    func changePassword(
        of user: UUID,
        from old: String,
        to new: String,
        at address: LoginAddress
    ) async throws -> TokenPair {
        let found = try await find(
            """
            SELECT user_id, name, email, role, created_at, disabled_at, password_hash, password_version FROM auth.users
            WHERE user_id = \(user)
            """
        )
        guard let found, found.user.disabledAt == nil else {
            throw LoginRefusal.wrongCredentials
        }
        let new = try NewPassword(new, email: found.user.email, field: "new_password")
        guard new.text != old else { throw UserError.invalid("new_password", "expected another one than the present") }
        let admission = try await admit(.change(of: user), from: address)
        guard try await verify(old, found.hash, admission) else {
            logger.notice("password not changed", metadata: ["address": "\(address)", "reason": "wrong credentials"])
            throw UserError.invalid("old_password", "expected the present password")
        }
        let hash = try await hasher.hash(new.text, for: admission.client)
        let now = attempts.now()
        return try await sessions.begin(for: found.user, ifPasswordIs: found.version + 1) { tx in
            guard try Users.store(hash, of: user, ifVersion: found.version, in: tx) else {
                throw LoginRefusal.wrongCredentials
            }
            _ = try Sessions.endAll(of: user, .password, at: now, in: tx)
            try LoginAttempts.succeed(admission, in: tx)
            try KnownAddresses.remember(address, of: user, at: now, in: tx)
        }
    }

    // MARK: Steps

    private func admit(_ purpose: LoginAttempts.Purpose, from address: LoginAddress) async throws
        -> LoginAttempts.Admission
    {
        do {
            return try await attempts.admit(purpose, from: address, in: database)
        } catch let refusal as LoginRefusal {
            logger.notice("login slowed down", metadata: ["address": "\(address)"])
            throw refusal
        }
    }

    private func verify(
        _ password: String,
        _ hash: PasswordHash?,
        _ admission: LoginAttempts.Admission
    ) async throws -> Bool {
        do {
            let costs = try await census.costs(hasher.cost, in: database)
            return try await hasher.verify(password, hash, costs: costs, for: admission.client)
        } catch {
            // Not the fault of who tries.
            try await database.transaction { tx in try LoginAttempts.withdraw(admission, in: tx) }
            throw error
        }
    }

    private struct Found: Sendable {
        let user: User
        let hash: PasswordHash
        let version: Int
    }

    private func find(_ statement: SQL) async throws -> Found? {
        let rows = try await database.query(statement) { row in
            (
                user: try User(row), hash: PasswordHash(try row.decode("password_hash", as: String.self)),
                version: try row.decode("password_version", as: Int.self)
            )
        }
        guard let (user, hash, version) = rows.first else { return nil }
        guard let hash else {
            logger.error("a password's hash cannot be read", metadata: ["user_id": "\(user.userID)"])
            return nil
        }
        return Found(user: user, hash: hash, version: version)
    }

    /// Only now is the password at hand to be hashed at the cost that has become the rule.
    private func strengthen(_ found: Found, _ password: String, _ client: PasswordClient) async throws {
        guard found.hash.isWeaker(than: hasher.cost) else { return }
        let hash: PasswordHash
        do { hash = try await hasher.hash(password, for: client) } catch is PasswordHasher.Busy { return }
        try await database.execute(
            """
            UPDATE auth.users SET password_hash = \(hash.description)
            WHERE user_id = \(found.user.userID) AND password_hash = \(found.hash.description)
            """
        )
    }
}
