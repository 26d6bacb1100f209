public import Perch
public import Postgres

/// Makes a service's database ready: schema, topics, rights. Run it before the service starts, as often as you like.
public enum DatabasePreparation {
    /// What a preparation has changed.
    public struct Outcome: Sendable {
        /// The migrations that were applied now: `perch 1 outbox`.
        public let applied: [String]
        /// The topics that are declared in the database, by name.
        public let topics: [TopicName]
    }

    /// Does what `ServiceDatabase.prepare` does, and gives the rights; after an error run it again.
    ///
    /// - Parameters:
    ///   - connection: As the role that owns the schemas, or will.
    ///   - contract: The topics whose `owner` is the service's name are declared.
    ///   - appRole: An existing role that the service will run as; nil where it is the owner's role.
    ///   - group: See `Migrator.migrate`.
    /// - Throws: `PartitionsChanged` where the database has another number of partitions than the contract;
    ///   `MigrationFailed`; `GroupNotKnown`; `SchemaError`; `PostgresError`.
    @discardableResult
    public static func run(
        connection: PostgresConnection,
        service: ServiceDescription,
        contract: Contract,
        appRole: String? = nil,
        group: GroupName? = nil
    ) throws -> Outcome {
        let prepared = try ServiceDatabase.prepare(
            connection,
            owner: service.name,
            contract: contract,
            migrations: service.migrations,
            group: group
        )
        if let appRole {
            try connection.executeScript(PerchSchema.grants(to: appRole) + "\n" + service.grants(appRole))
        }
        return Outcome(
            applied: prepared.perch.map { "perch \($0.version) \($0.name)" }
                + prepared.own.map { "\(service.name) \($0.version) \($0.name)" },
            topics: prepared.topics
        )
    }

    /// The same, with the connections that the settings name: migrations by the owner's URL where there is one, and then
    /// the role of the service's own URL gets its rights.
    ///
    /// - Throws: also `SettingsError`.
    @discardableResult
    public static func run(
        service: ServiceDescription,
        settings: Settings,
        contract: Contract,
        group: GroupName? = nil
    ) throws -> Outcome {
        let app = try settings.require(service.databaseSetting)
        guard let owner = settings[service.databaseOwnerSetting] else {
            let connection = try PostgresConnection(app)
            return try run(connection: connection, service: service, contract: contract, group: group)
        }
        let connection = try PostgresConnection(owner)
        let me: SQL = "SELECT current_user::text AS role"
        let appRole = try PostgresConnection(app).query(me) { try $0.decode("role", as: String.self) }.first
        let ownerRole = try connection.query(me) { try $0.decode("role", as: String.self) }.first
        return try run(
            connection: connection,
            service: service,
            contract: contract,
            appRole: appRole == ownerRole ? nil : appRole,
            group: group
        )
    }
}
