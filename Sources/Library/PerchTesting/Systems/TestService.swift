public import Perch
public import Postgres

/// A service as a test runs it: the tables that its database has, the groups that handle events there, and what it does at given
/// times.
public struct TestService: Sendable {
    /// The service's name: the `owner` of its topics in the contract.
    public let name: String
    /// Its own tables.
    public let migrations: [Migration]
    /// What it handles; none for a service that only publishes.
    public let groups: [ConsumerGroup]
    /// What it does at given times, by the clock that `RunningSystem.advance(by:)` moves. `assertIdempotent` runs none of it.
    public let schedules: [Schedule]
    /// Threads, sizes and times of each group's workers.
    public var settings = WorkerPool.Settings()
    /// What else the database needs, after the migrations. Default: nothing.
    public var preparing: @Sendable (PostgresConnection) throws -> Void = { _ in }

    /// - Parameters:
    ///   - migrations: All of the service's own, as `ServiceDatabase.prepare` takes them. Default: none.
    ///   - groups: Default: none.
    ///   - schedules: Default: none.
    public init(
        _ name: String,
        migrations: [Migration] = [],
        groups: [ConsumerGroup] = [],
        schedules: [Schedule] = []
    ) {
        self.name = name
        self.migrations = migrations
        self.groups = groups
        self.schedules = schedules
    }

    /// Makes a database ready for it.
    func prepare(_ configuration: PostgresConfiguration, contract: Contract) throws {
        let connection = try PostgresConnection(configuration)
        try ServiceDatabase.prepare(connection, owner: name, contract: contract, migrations: migrations)
        try preparing(connection)
    }
}
