import Perch
import Postgres

/// A service's database as operators use it: its errors are told as they ask for.
struct OperatorDatabase: Sendable {
    let pool: Database
    /// What an error of the database is told as.
    let telling: @Sendable (PostgresError) -> any Error

    func close() async { await pool.close() }

    func query<T: Sendable>(_ sql: SQL, _ decode: @Sendable (borrowing Row) throws -> T) async throws -> [T] {
        do {
            return try await pool.query(sql, decode)
        } catch let error as PostgresError {
            throw telling(error)
        }
    }

    /// In one transaction, which does not stay open where its operator's process freezes.
    func change<R: Sendable>(_ body: @Sendable (borrowing Transaction) throws -> R) async throws -> R {
        do {
            return try await pool.transaction { tx in
                try tx.boundIdleTime()
                return try body(tx)
            }
        } catch let error as PostgresError {
            throw telling(error)
        }
    }
}
