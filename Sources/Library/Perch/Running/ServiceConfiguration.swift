public import Postgres
public import Redis

/// The servers of a service: the Redis that has the streams, and the service's own database.
///
/// A pool, a relay and a rewind of the same service take the same one. `WorkerPool.Configuration` and `OutboxRelay.Configuration` are
/// other names of it.
public struct ServiceConfiguration: Sendable {
    /// The Redis of the streams, or a cluster's nodes. A worker has one connection to it, in a cluster two to each node that has
    /// streams of its; a relay has one, in a cluster one to each such node. No relay writes to a Redis that evicts keys.
    public var redis: RedisConfiguration
    /// The service's database, with schema `perch`. Each worker has one connection, the heartbeat of a pool one, a relay one.
    public var postgres: PostgresConfiguration
    /// The same for the relay and the workers of a topic: with another one they look at other streams. Default: no namespace.
    public var naming = StreamNaming()

    /// No namespace; set `naming` for one.
    public init(redis: RedisConfiguration, postgres: PostgresConfiguration) {
        self.redis = redis
        self.postgres = postgres
    }
}
