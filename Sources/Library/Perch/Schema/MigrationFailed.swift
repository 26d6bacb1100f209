public import Postgres

/// A migration failed. It has left nothing behind; those before it have taken effect.
public struct MigrationFailed: Error, CustomStringConvertible {
    /// Whose schema: `perch`, or the service's name.
    public let component: String
    /// Which of its migrations.
    public let version: Int
    /// Its name.
    public let name: String
    /// Why.
    public let cause: PostgresError

    /// Which migration, and the server's reason in its own words: a migration's statements are the program's own.
    public var description: String {
        var text = "migration \(version) (\(name)) of \(component) failed: \(cause.message)"
        if let state = cause.sqlState { text += " [\(state)]" }
        if let detail = cause.detail { text += "; \(detail)" }
        if let hint = cause.hint { text += "; hint: \(hint)" }
        return text
    }
}
