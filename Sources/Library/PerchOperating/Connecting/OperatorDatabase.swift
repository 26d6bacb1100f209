import Perch
import Postgres

/// A service's database as operators use it.
enum OperatorDatabase: Sendable {
    /// A program's own.
    case pool(Database)
    /// One of a system's; what it fails with is told as `ServerProblem`.
    case linked(OperatedSystem, service: String)

    func query<T: Sendable>(_ sql: SQL, _ decode: @Sendable (borrowing Row) throws -> T) async throws -> [T] {
        switch self {
        case .pool(let pool): try await pool.query(sql, decode)
        case .linked(let system, let service):
            try await system.use { links in
                try links.withDatabase(of: service) { try $0.query(sql, decode) }
            }
        }
    }

    /// In one transaction, which does not stay open where its operator's process freezes.
    ///
    /// - Parameter telling: What an error of the database is told as, where that is not the server's fault; nil: it is.
    func change<R: Sendable>(
        telling: @Sendable (PostgresError) -> OperationRefused? = { _ in nil },
        _ body: @Sendable (borrowing Transaction) throws -> R
    ) async throws -> R {
        switch self {
        case .pool(let pool):
            do {
                return try await pool.transaction { tx in
                    try tx.boundIdleTime()
                    return try body(tx)
                }
            } catch let error as PostgresError {
                throw telling(error) ?? error
            }
        case .linked(let system, let service):
            return try await system.use { links in
                try links.withDatabase(of: service) { connection in
                    do {
                        return try connection.transaction { tx in
                            try tx.boundIdleTime()
                            return try body(tx)
                        }
                    } catch let error as PostgresError {
                        throw telling(error) ?? error
                    }
                }
            }
        }
    }
}
