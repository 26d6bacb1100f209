import Foundation
import PopugEvents
import Postgres

extension Users {
    /// Users whose name or e-mail begins so, in the order in which they were added.
    ///
    /// - Parameters:
    ///   - beginning: In whatever case; empty: all.
    ///   - role: Nil: any.
    ///   - after: The last of the page before; nil for the first page.
    func search(
        _ beginning: String,
        role: Role?,
        after: UUID?,
        limit: Int,
        in database: Database
    ) async throws -> [User] {
        // Nobody's name has a zero, and Postgres takes none.
        let beginning = beginning.replacing("\0", with: "")
        return try await database.query(
            """
            SELECT user_id, name, email, role, created_at, disabled_at FROM auth.users
            WHERE (starts_with(lower(name), lower(\(beginning)))
                    OR starts_with(auth.email_key(email), auth.email_key(\(beginning))))
                AND (\(role?.rawValue)::text IS NULL OR role = \(role?.rawValue))
                AND (\(after)::uuid IS NULL OR user_id > \(after))
            ORDER BY user_id LIMIT \(limit)
            """
        ) { try User($0) }
    }
}
