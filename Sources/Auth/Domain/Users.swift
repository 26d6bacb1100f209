import Foundation
import Perch
public import PopugEvents
public import Postgres

/// The users of the task exchange.
public struct Users: Sendable {
    private let hasher: PasswordHasher

    /// - Parameter hasher: Has a thread of its own; share one, so that only one hash is made at a time.
    public init(hasher: PasswordHasher = PasswordHasher()) { self.hasher = hasher }

    /// Adds a user and publishes `user_created` in one transaction. The password is hashed before it begins.
    ///
    /// - Throws: `UserError`: `.invalid` or `.emailTaken`, and nothing was added; `PostgresError`.
    public func add(
        name: String,
        email: String,
        role: Role,
        password: String,
        to database: Database
    ) async throws -> User {
        let new = try NewUser(name: name, email: email, role: role, password: password)
        let hash = try await hasher.hash(new.password)
        return try await database.transaction { tx in try Self.insert(new, hash, in: tx) }
    }

    /// Adds a user and publishes `user_created` with this transaction. Blocks while it hashes.
    ///
    /// - Throws: `UserError`, after which the transaction goes on; `PostgresError`.
    public func add(
        name: String,
        email: String,
        role: Role,
        password: String,
        in tx: borrowing Transaction
    ) throws -> User {
        let new = try NewUser(name: name, email: email, role: role, password: password)
        return try Self.insert(new, try PasswordHash(of: new.password, cost: hasher.cost), in: tx)
    }

    private static func insert(_ new: NewUser, _ hash: PasswordHash, in tx: borrowing Transaction) throws -> User {
        let user = User(userID: .v7(), name: new.name, email: new.email, role: new.role, createdAt: .now)
        let inserted = try tx.affectedRows(
            """
            INSERT INTO auth.users (user_id, name, email, role, password_hash, created_at)
            VALUES (\(user.userID), \(user.name), \(user.email), \(user.role.rawValue), \(hash.description), \(user.createdAt))
            ON CONFLICT (lower(email)) DO NOTHING
            """
        )
        guard inserted == 1 else { throw UserError.emailTaken }
        let event = UserCreated(userID: user.userID, role: user.role, name: user.name, email: user.email)
        try tx.publish(event, time: user.createdAt)
        return user
    }
}
