public import Perch
public import Postgres

/// What a service is to the programs that run it: they migrate and work each service by this alone.
public struct ServiceDescription: Sendable {
    /// The service's name: the `owner` of its topics in the contract, the component of its migrations, the prefix of its
    /// settings.
    public let name: String
    /// All migrations of its own schema, versions 1, 2, 3 …
    public let migrations: [Migration]
    /// What it reads; nil for a service that only publishes.
    public let consumerGroup: ConsumerGroup?
    /// The SQL that gives a role what the service needs in its own schema, and nothing more.
    public let grants: @Sendable (_ role: String) -> String

    /// - Parameter consumerGroup: Default nil: the service only publishes.
    public init(
        name: String,
        migrations: [Migration],
        consumerGroup: ConsumerGroup? = nil,
        grants: @escaping @Sendable (_ role: String) -> String
    ) {
        self.name = name
        self.migrations = migrations
        self.consumerGroup = consumerGroup
        self.grants = grants
    }

    /// Where its database is, as its own role.
    public var databaseSetting: Setting<PostgresConfiguration> { .databaseURL(of: name) }

    /// The same database as the role that owns the schema.
    public var databaseOwnerSetting: Setting<PostgresConfiguration> { .databaseOwnerURL(of: name) }
}
