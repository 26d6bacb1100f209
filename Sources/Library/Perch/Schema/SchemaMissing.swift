public import Postgres

/// The database lacks a table, a column, a function or the whole schema `perch` that this program needs. Waiting does not help, so
/// the worker pool or relay ends with this error.
public struct SchemaMissing: Error, CustomStringConvertible {
    /// Which database: user, host, port and name.
    public let database: String
    /// What is missing, as Postgres says it.
    public let cause: PostgresError

    /// What is missing where, and that the migrations are to be run.
    public var description: String {
        """
        \(database) lacks what this program needs: \(cause.message). Run its migrations first (`ServiceDatabase.prepare`), or \
        correct the database's URL
        """
    }

    /// The error, told as what it means for a program that cannot go on.
    static func explaining(_ error: any Error, at database: PostgresConfiguration) -> any Error {
        guard let cause = error as? PostgresError, cause.sqlState?.isMissingSchema == true else { return error }
        return SchemaMissing(database: database.description, cause: cause)
    }
}
