public import Postgres

/// The contract goes with the connection: what is published in its transactions is checked.
extension Database {
    /// A database into which only what the contract declares is published: `Transaction.publish` throws `UndeclaredEvent` for
    /// anything else.
    ///
    /// It costs 5 % more instructions one by one, 11 % by the thousand. `Database.init(_:size:acquireTimeout:longestLine:observer:)` leaves it to the relay.
    ///
    /// - Parameters:
    ///   - configuration: where the database is.
    ///   - contract: with the topics that are published to.
    ///   - size: the most connections it opens, at least 1. Default 4.
    ///   - acquireTimeout: how long one waits for a connection to become free; then the call fails with `.busy`. Default 5 s.
    ///   - longestLine: how many may wait; whoever comes then fails with `.busy` at once. Default 1,000.
    ///   - observer: is told of each transaction when it has ended, for metrics; it must not block. Default: nobody.
    public convenience init(
        _ configuration: PostgresConfiguration,
        contract: Contract,
        size: Int = 4,
        acquireTimeout: Duration = .seconds(5),
        longestLine: Int = 1_000,
        observer: (@Sendable (TransactionReport) -> Void)? = nil
    ) {
        self.init(
            configuration,
            size: size,
            acquireTimeout: acquireTimeout,
            longestLine: longestLine,
            companion: ContractChecks(contract),
            observer: observer
        )
    }
}

extension PostgresConnection {
    /// From now on only what the contract declares is published through this connection: `Transaction.publish` throws
    /// `UndeclaredEvent` for anything else. The connections of a `WorkerPool` do so by themselves
    /// (`Settings.checksPublishing`).
    public func publishOnly(as contract: Contract) { companion = ContractChecks(contract) }
}
