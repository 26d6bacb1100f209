public import LocalServers
public import Perch
public import Postgres
import Synchronization

/// A system that runs while the body of `withPerch` does. Safe to use from any task.
public final class RunningSystem: Sendable {
    /// What relays and workers serve.
    public let contract: Contract
    /// The server of the streams.
    public let redis: LocalRedis
    /// The server of the services' databases.
    public let postgres: LocalPostgres
    /// The namespace of the system's streams, for looking at them.
    public let naming: StreamNaming
    /// Those that were given, then the stand-ins.
    let services: [TestService]
    private let sites: [String: Site]
    /// What the first relay or pool to end by itself has ended with.
    private let failure = Mutex<(any Error)?>(nil)
    /// What the clock of schedules shows.
    private let time: Mutex<Timestamp>

    /// Where a service's rows are.
    private struct Site {
        let name: String
        let configuration: PostgresConfiguration
        let database: Database
    }

    /// Makes the databases. Blocks its thread.
    init(
        contract: Contract,
        services given: [TestService],
        beginning: Timestamp,
        redis: LocalRedis,
        postgres: LocalPostgres
    ) throws {
        self.contract = contract
        time = Mutex(beginning)
        self.redis = redis
        self.postgres = postgres
        let mark = String(UInt64.random(in: .min ... .max), radix: 36)
        naming = StreamNaming(namespace: "test-\(mark)")
        var services = given
        for subscription in given.flatMap(\.groups).flatMap(\.subscriptions) {
            guard let owner = contract.topic(subscription.topic)?.owner else { continue }
            if !services.contains(where: { $0.name == owner }) { services.append(TestService(owner)) }
        }
        self.services = services
        var sites: [String: Site] = [:]
        var made: [String] = []
        do {
            for (index, service) in services.enumerated() {
                guard sites[service.name] == nil else { throw ServiceNotInSystem(twice: service.name) }
                let name = "test_\(mark)_\(index)"
                let configuration = try PostgresConfiguration(privateURL: try postgres.createDatabase(name))
                made.append(name)
                try service.prepare(configuration, contract: contract)
                let database = Database(configuration, contract: contract, acquireTimeout: .seconds(3600))
                sites[service.name] = Site(name: name, configuration: configuration, database: database)
            }
        } catch {
            for name in made { try? postgres.dropDatabase(name) }
            throw error
        }
        self.sites = sites
    }

    /// A service's database, to ask and to publish: what is published there is checked by the contract.
    ///
    /// - Throws: `ServiceNotInSystem`.
    public subscript(service: String) -> Database {
        get throws { try site(of: service).database }
    }

    /// The URL of a service's database, for programs and tools.
    ///
    /// - Throws: `ServiceNotInSystem`.
    public func url(of service: String) throws -> String { postgres.url(database: try site(of: service).name) }

    /// Publishes events, each by the service that owns its topic, in this order. Those of one owner that follow one another are
    /// one transaction.
    ///
    /// - Throws: As `Transaction.publish`; `ServiceNotInSystem` where the owner is not in the system.
    public func publish(_ events: any Event...) async throws {
        var left = events[...]
        while let first = left.first {
            let owner = owner(of: first)
            let together = Array(left.prefix { self.owner(of: $0) == owner })
            left = left.dropFirst(together.count)
            try await self[owner].transaction { tx in
                for event in together { try tx.publish(event) }
            }
        }
    }

    /// All events of a type that were published and committed, each key's in their order; refused ones are not among them.
    ///
    /// - Throws: `ServiceNotInSystem` where the owner of its topic is not in the system; `UndecodableEvent`; `PostgresError`.
    public func published<E: Event>(_ type: E.Type = E.self) async throws -> [E] {
        let texts = try await self[owner(ofTopic: E.topic)].query(
            """
            SELECT data::text FROM (
                SELECT 0 AS stage, milliseconds, partition, position, data FROM perch.log
                WHERE topic = \(E.topic.rawValue) AND type = \(E.type.rawValue)
                UNION ALL
                SELECT 1, 0, 0, sequence, data FROM perch.outbox
                WHERE topic = \(E.topic.rawValue) AND type = \(E.type.rawValue)
            ) AS p ORDER BY stage, milliseconds, partition, position
            """
        ) { try $0.decode(0, as: String.self) }
        return try texts.map { try EventCoding.decode(E.self, from: Array($0.utf8)) }
    }

    /// What the clock of schedules shows: it stands still, and only `advance(by:within:)` moves it.
    public var now: Timestamp { time.withLock { $0 } }

    // MARK: For the kit

    func show(_ instant: Timestamp) { time.withLock { $0 = instant } }

    func configuration(of service: TestService) -> PostgresConfiguration {
        guard let site = sites[service.name] else { preconditionFailure("\(service.name) has a database") }
        return site.configuration
    }

    /// What a relay or pool has ended with, if one has.
    func throwFailure() throws {
        if let failure = failure.withLock({ $0 }) { throw failure }
    }

    func keepingFailure(_ body: () async throws -> Void) async throws {
        do {
            try await body()
        } catch {
            failure.withLock { $0 = $0 ?? error }
            throw error
        }
    }

    func close() async {
        for site in sites.values { await site.database.close() }
        let (postgres, names) = (postgres, sites.values.map(\.name))
        // A server that the test has stopped has taken them with it.
        try? await TestThread().run { for name in names { try postgres.dropDatabase(name) } }
    }

    private func site(of service: String) throws -> Site {
        guard let site = sites[service] else { throw ServiceNotInSystem(service, among: sites.keys.sorted()) }
        return site
    }

    private func owner(of event: some Event) -> String { owner(ofTopic: type(of: event).topic) }

    private func owner(ofTopic topic: TopicName) -> String {
        contract.topic(topic)?.owner ?? "the owner of topic \(topic), which the contract does not have"
    }
}
