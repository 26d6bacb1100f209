public import Foundation
import Perch
public import PopugEvents
public import Postgres

/// The users of the task exchange.
public struct Users: Sendable {
    let hasher: PasswordHasher
    let now: @Sendable () -> Timestamp

    /// - Parameters:
    ///   - hasher: Share one: it bounds how many hashes are made at a time.
    ///   - now: For tests: when users are disabled and sessions ended. Default: the system's clock.
    public init(hasher: PasswordHasher = PasswordHasher(), now: @escaping @Sendable () -> Timestamp = { .now }) {
        self.hasher = hasher
        self.now = now
    }

    /// Adds a user and publishes `user_created` in one transaction. The password is hashed before it begins.
    ///
    /// - Parameter client: Whose share of the line of those who hash it takes. Default: nobody else's.
    /// - Throws: `UserError`: `.invalid` or `.emailTaken`, and nothing was added; `PasswordHasher.Busy`; `PostgresError`.
    public func add(
        name: String,
        email: String,
        role: Role,
        password: String,
        for client: PasswordClient = .local,
        to database: Database
    ) async throws -> User {
        let new = try NewUser(name: name, email: email, role: role, password: password)
        let hash = try await hasher.hash(new.password, for: client)
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

    /// The user of this id; nil where there is none.
    public func user(_ id: UUID, in database: Database) async throws -> User? {
        try await database.query(
            "SELECT user_id, name, email, role, created_at, disabled_at FROM auth.users WHERE user_id = \(id)"
        ) { try User($0) }.first
    }

    /// The user of this email, in whatever way it is written; nil where there is none.
    public func user(email: String, in database: Database) async throws -> User? {
        try await database.query(
            """
            SELECT user_id, name, email, role, created_at, disabled_at FROM auth.users
            WHERE auth.email_key(email) = auth.email_key(\(NewUser.trimmed(email)))
            """
        ) { try User($0) }.first
    }

    /// Users in the order in which they were added.
    ///
    /// - Parameter after: The last of the page before; nil for the first page.
    public func list(after: UUID?, limit: Int, in database: Database) async throws -> [User] {
        try await database.query(
            """
            SELECT user_id, name, email, role, created_at, disabled_at FROM auth.users
            WHERE user_id > \(after ?? Self.lowestID) ORDER BY user_id LIMIT \(limit)
            """
        ) { try User($0) }
    }

    /// Nobody has it.
    private static let lowestID = UUID(uuid: (0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0))

    private static func insert(_ new: NewUser, _ hash: PasswordHash, in tx: borrowing Transaction) throws -> User {
        let user = User(
            userID: .v7(),
            name: new.name,
            email: new.email,
            role: new.role,
            createdAt: .now,
            disabledAt: nil
        )
        let inserted = try tx.affectedRows(
            """
            INSERT INTO auth.users (user_id, name, email, role, password_hash, created_at)
            VALUES (\(user.userID), \(user.name), \(user.email), \(user.role.rawValue), \(hash.description), \(user.createdAt))
            ON CONFLICT (auth.email_key(email)) DO NOTHING
            """
        )
        guard inserted == 1 else { throw UserError.emailTaken }
        let event = UserCreated(userID: user.userID, role: user.role, name: user.name, email: user.email)
        try tx.publish(event, time: user.createdAt)
        return user
    }
}
