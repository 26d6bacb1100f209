import LocalServers
import Perch
import Postgres

/// Fresh databases of a service, each as it was when it was made ready.
///
/// Mostly that is one database, which is emptied each time; only where it has had rows from the beginning is it copied.
final class DatabaseCopies {
    let contract: Contract
    private let postgres: LocalPostgres
    private let name: String
    private let configuration: PostgresConfiguration
    /// The service's own tables.
    let catalog: [DatabaseSnapshot.Table]
    private let isEmpty: Bool

    init(of service: TestService, contract: Contract, on postgres: LocalPostgres) throws {
        self.contract = contract
        self.postgres = postgres
        name = Self.newName()
        configuration = try PostgresConfiguration(privateURL: postgres.createDatabase(name))
        do {
            try service.prepare(configuration, contract: contract)
            let connection = try PostgresConnection(configuration)
            catalog = try DatabaseSnapshot.catalog(connection)
            isEmpty = try DatabaseSnapshot(connection, of: catalog).tables.allSatisfy(\.rows.isEmpty)
        } catch {
            try? postgres.dropDatabase(name)
            throw error
        }
    }

    deinit { try? postgres.dropDatabase(name) }

    /// Runs the body with one. Nobody else may be at it: one body at a time.
    func withCopy<R>(_ body: (PostgresConfiguration) throws -> R) throws -> R {
        guard !isEmpty else {
            try PostgresConnection(configuration).executeScript(Self.emptying)
            return try body(configuration)
        }
        let copy = Self.newName()
        let url = try postgres.createDatabase(copy, template: name)
        defer { try? postgres.dropDatabase(copy) }
        return try body(PostgresConfiguration(privateURL: url))
    }

    private static let emptying = """
        DO $$ BEGIN EXECUTE (
            SELECT 'TRUNCATE ' || string_agg(format('%I.%I', n.nspname, c.relname), ', ') || ' RESTART IDENTITY CASCADE'
            FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
            WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition AND n.nspname <> 'information_schema'
                AND (n.nspname <> 'perch' OR c.relname IN ('outbox', 'delayed_events', 'failed_events')) AND n.nspname NOT LIKE 'pg\\_%'
        ); END $$
        """

    private static func newName() -> String { "test_\(String(UInt64.random(in: .min ... .max), radix: 36))" }
}
