/// A step of a database's schema: SQL that is run once, in a transaction of its own.
public struct Migration: Sendable {
    /// Counts from 1 within its component, with no gap.
    public let version: Int
    /// What it brings, for the record in `perch.migrations`.
    public let name: String
    /// One or more statements. They run inside a transaction: no `CREATE INDEX CONCURRENTLY`, no `COMMIT`.
    public let sql: String

    /// Nothing is checked before `Migrator` runs it.
    public init(version: Int, name: String, sql: String) {
        self.version = version
        self.name = name
        self.sql = sql
    }
}
