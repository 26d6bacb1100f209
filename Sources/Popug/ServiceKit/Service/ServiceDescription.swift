public import Perch
public import Postgres

/// What a service is to the programs that run it: they migrate and work each service by this alone.
public struct ServiceDescription: Sendable {
    /// The service's name: the `owner` of its topics in the contract, the component of its migrations, the prefix of its
    /// settings.
    public let name: String
    /// Where it listens for HTTP when nobody says; nil: somebody has to say.
    public let port: Int?
    /// All migrations of its own schema, versions 1, 2, 3 …
    public let migrations: [Migration]
    /// What it reads; nil for a service that only publishes.
    public let consumerGroup: ConsumerGroup?
    /// The SQL that gives a role what the service needs in its own schema, and nothing more.
    public let grants: @Sendable (_ role: String) -> String
    /// The settings that it alone has, beside the address of its database and its port.
    private let ownSettings: [DeclaredSetting]

    /// - Parameters:
    ///   - port: Default nil: its setting has no default.
    ///   - settings: Those that it alone has, beside the address of its database and its port. Default: none.
    ///   - consumerGroup: Default nil: the service only publishes.
    public init(
        name: String,
        port: Int? = nil,
        settings: [DeclaredSetting] = [],
        migrations: [Migration],
        consumerGroup: ConsumerGroup? = nil,
        grants: @escaping @Sendable (_ role: String) -> String
    ) {
        self.name = name
        self.port = port
        ownSettings = settings
        self.migrations = migrations
        self.consumerGroup = consumerGroup
        self.grants = grants
    }

    /// Where its database is, as its own role.
    public var databaseSetting: Setting<PostgresConfiguration> { .databaseURL(of: name) }

    /// The same database as the role that owns the schema.
    public var databaseOwnerSetting: Setting<PostgresConfiguration> { .databaseOwnerURL(of: name) }

    /// Where it listens for HTTP.
    public var portSetting: Setting<Int> { .port(of: name, default: port) }

    /// All that it reads beside what all services share.
    public var settings: [DeclaredSetting] {
        [DeclaredSetting(databaseSetting), DeclaredSetting(databaseOwnerSetting), DeclaredSetting(portSetting)]
            + ownSettings
    }
}
