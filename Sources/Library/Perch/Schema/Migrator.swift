public import Logging
public import Postgres

/// Brings a database's schema up to date.
///
/// Each migration runs once, in version order, under an advisory lock: services that start together wait for the first, and the log says
/// for whom. Neither that wait nor a migration has a time limit. If the server's machine is gone, that is noticed within 30 s. What ran is
/// recorded in `perch.migrations(component, version, name, applied_at)`.
public enum Migrator {
    /// Any key will do as long as all migrators of a database use the same one.
    private static let advisoryLock: Int64 = 0x7065_7263_6821

    /// Applies what is missing of a component's migrations, in order.
    ///
    /// - Parameters:
    ///   - component: Whose schema: `perch` for Perch's own tables, else the service's name.
    ///   - migrations: All of the component's migrations, versions 1, 2, 3 …
    ///   - group: Whose leases, checkpoints and failed events the database holds from before rows had a group's name, where
    ///     what its programs have declared does not tell. Default nil: nothing is said, and `GroupNotKnown` asks for it.
    ///   - logger: Is told whom it waits for.
    /// - Returns: Those that were applied now; empty if the schema was up to date.
    /// - Throws: `MigrationFailed`; the migration has then left nothing behind. `GroupNotKnown`. `SchemaError` if the database is
    ///   newer than this program. `SessionNeeded` where a pooler in transaction mode stands between, as far as that can be found
    ///   out. `PostgresError` where the connection failed before.
    @discardableResult
    public static func migrate(
        _ connection: PostgresConnection,
        component: String,
        _ migrations: [Migration],
        group: GroupName? = nil,
        logger: Logger = Logger(label: "perch.migrate")
    ) throws -> [Migration] {
        try connection.requireSession()
        precondition(migrations.map(\.version) == Array(1..<migrations.count + 1), "versions count from 1 with no gap")
        return try connection.withReplyTimeout(nil) {
            try MigrationLock(key: advisoryLock, connection: connection).take(logger)
            return try applyMissing(migrations, of: component, group: group, on: connection)
        }
    }

    private static func applyMissing(
        _ migrations: [Migration],
        of component: String,
        group: GroupName?,
        on connection: PostgresConnection
    ) throws -> [Migration] {
        // A connection that dies here gives the lock back by itself.
        defer { _ = try? connection.execute("SELECT pg_advisory_unlock(\(advisoryLock))") }
        try connection.executeScript(bookkeeping)
        let current = try version(of: component, knowing: migrations.count, on: connection)
        let missing = Array(migrations.dropFirst(current))
        try connection.execute("SELECT set_config('perch.migrating_group', \(group?.rawValue ?? ""), false)")
        defer { _ = try? connection.execute("SELECT set_config('perch.migrating_group', '', false)") }
        for migration in missing {
            do {
                try apply(migration, of: component, on: connection)
            } catch {
                if error.sqlState == .groupNotKnown { throw GroupNotKnown(declared: error.detail ?? "", given: group) }
                throw MigrationFailed(
                    component: component,
                    version: migration.version,
                    name: migration.name,
                    cause: error
                )
            }
        }
        return missing
    }

    /// How many of a component's migrations the database has. It must have `perch.migrations`.
    ///
    /// - Throws: `SchemaError` where these are more than the program knows; `PostgresError`.
    static func version(of component: String, knowing known: Int, on connection: PostgresConnection) throws -> Int {
        let versions = try connection.query(
            "SELECT coalesce(max(version), 0) AS version FROM perch.migrations WHERE component = \(component)"
        ) { try $0.decode("version", as: Int.self) }
        let current = versions.first ?? 0
        guard current <= known else {
            throw SchemaError.newer(component: component, found: current, known: known)
        }
        return current
    }

    /// How often a migration gives way to workers that lock what it locks, in another order.
    private static let attempts = 10

    private static func apply(
        _ migration: Migration,
        of component: String,
        on connection: PostgresConnection
    ) throws(PostgresError) {
        for attempt in 1... {
            do {
                // A script is one transaction: the migration and its record are there together or not at all.
                return try connection.executeScript(script(of: migration, component: component))
            } catch {
                guard error.sqlState == .deadlockDetected, attempt < attempts else { throw error }
            }
        }
    }

    /// A migration and its record.
    static func script(of migration: Migration, component: String) -> String {
        """
        \(migration.sql);
        INSERT INTO perch.migrations (component, version, name)
        VALUES (\(SQLText.literal(component)), \(migration.version), \(SQLText.literal(migration.name)));
        """
    }

    /// What stands in front of migrations that another tool runs in one transaction: it waits for those of others, and fails
    /// where the database is at another version than they are written for.
    static func scriptBeginning(component: String, version: Int) -> String {
        """
        DO $perch$ BEGIN PERFORM pg_advisory_xact_lock(\(advisoryLock)); END $perch$;
        \(bookkeeping)
        DO $perch$
        DECLARE
            found int := (
                SELECT coalesce(max(m.version), 0) FROM perch.migrations m WHERE m.component = \(SQLText.literal(component))
            );
        BEGIN
            IF found <> \(version) THEN
                RAISE EXCEPTION 'this database has % migrations of % and not \(version)', found, \(SQLText.literal(component))
                    USING HINT = 'Make the text anew, for the version that the database has.';
            END IF;
        END $perch$;
        """
    }

    private static let bookkeeping = """
        CREATE SCHEMA IF NOT EXISTS perch;
        CREATE TABLE IF NOT EXISTS perch.migrations (
            component text NOT NULL,
            version int NOT NULL,
            name text NOT NULL,
            applied_at timestamptz NOT NULL DEFAULT clock_timestamp(),
            PRIMARY KEY (component, version)
        );
        """
}
