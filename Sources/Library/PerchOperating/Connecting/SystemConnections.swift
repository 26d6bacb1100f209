public import Perch
public import Postgres
public import Redis

/// Where a system's servers are, as somebody who operates it reaches them.
public struct SystemConnections: Sendable {
    /// The topics, who owns them and who reads them.
    public var contract: Contract
    /// The server of the streams; nil: not known, which is reported where it is needed.
    public var redis: RedisConfiguration?
    /// The databases, by the name of the service: that of a topic's owner, or of a consumer group. Those not known are
    /// reported where they are needed.
    public var databases: [String: PostgresConfiguration]
    /// As relays and workers have it. Default: no namespace.
    public var naming: StreamNaming

    /// - Parameters:
    ///   - patience: How long a server may take to be connected to, and Redis to answer. Default 3 s.
    ///   - databasePatience: How long a database may take to answer. Default three times `patience`.
    public init(
        contract: Contract,
        redis: RedisConfiguration?,
        databases: [String: PostgresConfiguration],
        naming: StreamNaming = StreamNaming(),
        patience: Duration = .seconds(3),
        databasePatience: Duration? = nil
    ) {
        self.contract = contract
        self.redis = redis
        self.redis?.connectTimeout = patience
        self.redis?.replyTimeout = patience
        self.redis?.clientName = "perch-operator"
        self.databases = databases.mapValues { configuration in
            var bounded = configuration
            bounded.connectTimeout = patience
            bounded.replyTimeout = databasePatience ?? patience * 3
            return bounded
        }
        self.naming = naming
    }

    /// The same, with a service's database reached in another way, such as by another role; as patient as before.
    package func reaching(_ service: String, by configuration: PostgresConfiguration) -> SystemConnections {
        var (changed, other) = (self, configuration)
        if let known = databases[service] {
            (other.connectTimeout, other.replyTimeout) = (known.connectTimeout, known.replyTimeout)
        }
        changed.databases[service] = other
        return changed
    }

    /// The services that the contract names as owner of a topic or as a consumer group, sorted.
    public var services: [String] {
        Set(contract.topics.flatMap { [$0.owner] + $0.groups.map(\.rawValue) }).sorted()
    }

    /// The services that the contract names, and those that only have a database here, sorted.
    var servicesWithDatabases: [String] { Set(services).union(databases.keys).sorted() }

    /// The services that own a topic, sorted.
    public var owners: [String] { Set(contract.topics.map(\.owner)).sorted() }

    /// The consumer groups that the contract names, sorted.
    public var groups: [GroupName] { Set(contract.topics.flatMap(\.groups)).sorted() }
}
