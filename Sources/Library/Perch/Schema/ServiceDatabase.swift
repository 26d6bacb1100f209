public import Postgres

/// A service's own database: what Perch needs there, beside the service's tables.
///
///     try ServiceDatabase.prepare(
///         PostgresConnection(postgres), owner: "shop", contract: contract,
///         migrations: [Migration(version: 1, name: "orders", sql: "CREATE TABLE orders (…)")]
///     )
public enum ServiceDatabase {
    /// What a preparation has done.
    public struct Preparation: Sendable {
        /// Perch's migrations that were applied now; empty where its tables were up to date.
        public let perch: [Migration]
        /// The service's own migrations that were applied now.
        public let own: [Migration]
        /// The topics of the service, all of which are declared in the database.
        public let topics: [TopicName]
    }

    /// Makes a database ready for publishers, relay and workers of a service: Perch's tables (schema `perch`), the topics that
    /// the service owns, then the service's own tables.
    ///
    /// Call it before the service starts, as often as you like: it does what is missing and nothing else. Calls at the same
    /// time wait for one another. Each step takes effect completely or not at all; after an error, call it again. It blocks
    /// its thread, and has no limit of time. `script(owner:contract:migrations:after:)` is the same for other tools.
    ///
    /// - Parameters:
    ///   - connection: As the role that owns schema `perch`, or will.
    ///   - owner: The service's name. The topics that have it as `owner` in the contract are declared; there may be none, for a
    ///     service that only reads.
    ///   - migrations: All of the service's own, versions 1, 2, 3 … Default: none; its tables are made by another tool.
    ///   - group: See `Migrator.migrate`. Default nil.
    /// - Throws: `PartitionsChanged` where the database has another number of partitions than the contract;
    ///   `MigrationFailed`; `GroupNotKnown`; `SchemaError`; `SessionNeeded`; `PostgresError`.
    @discardableResult
    public static func prepare(
        _ connection: PostgresConnection,
        owner: String,
        contract: Contract,
        migrations: [Migration] = [],
        group: GroupName? = nil
    ) throws -> Preparation {
        let perch = try Migrator.migrate(connection, component: "perch", Migration.perch, group: group)
        try contract.declareTopics(ownedBy: owner, on: connection)
        let own = migrations.isEmpty ? [] : try Migrator.migrate(connection, component: owner, migrations)
        return Preparation(perch: perch, own: own, topics: contract.topics(ownedBy: owner).map(\.name))
    }

    /// The statements of `prepare` as a text, for a tool that keeps migrations as files: the schema, `perch.migrations` and the
    /// topics are then the same as after the call.
    ///
    /// It is to be run in one transaction, by the role that owns schema `perch`, or will. It waits for other migrations of
    /// Perch, and fails where the database is not at `version`. It has no service's own tables: these are the other tool's.
    ///
    /// - Parameter version: How many of Perch's migrations the database has; only later ones are in the text. Default 0: all.
    public static func script(owner: String, contract: Contract, after version: Int = 0) -> String {
        let version = max(0, version)
        let topics = contract.topics(ownedBy: owner).flatMap { ["-- topic \($0.name)"] + $0.declaration }
        let steps = Migration.perch.dropFirst(version).flatMap { migration in
            ["-- perch \(migration.version): \(migration.name)", Migrator.script(of: migration, component: "perch")]
        }
        let head = """
            -- What the service \(SQLText.line(owner)) needs of Perch in its database. Run it in one transaction.
            """
        return ([head, Migrator.scriptBeginning(component: "perch", version: version)] + steps + topics)
            .joined(separator: "\n") + "\n"
    }

    /// Perch's migrations that the database does not have yet.
    ///
    /// - Throws: `SchemaError` where the database is newer than this program; `PostgresError`.
    package static func missingMigrations(_ connection: PostgresConnection) throws -> [Migration] {
        let exists = try connection.query("SELECT to_regclass('perch.migrations') IS NOT NULL AS is_there") {
            try $0.decode("is_there", as: Bool.self)
        }
        guard exists == [true] else { return Migration.perch }
        return Array(
            Migration.perch.dropFirst(try Migrator.version(of: "perch", knowing: Migration.perch.count, on: connection))
        )
    }
}
