import Foundation
import LocalServers
import PerchProtocol
import Postgres
import Redis

@testable import Perch
@testable import PerchSimulation

/// Redis and Postgres behind the seams of Perch: the real ones, or the simulated ones.
///
/// One topic, `t`, with the partitions 0 and 1, of the owner `owner`; one group, `g0`, that nobody has made.
protocol SeamServers {
    associatedtype Groups: GroupStreams
    associatedtype Owners: OwnerStreams
    associatedtype Tables: GroupTables
    associatedtype Heartbeat: HeartbeatTables
    associatedtype Outbox: OwnerTables

    func groupStreams() throws -> Groups
    func ownerStreams() throws -> Owners
    func tables(_ worker: WorkerID) throws -> Tables
    func heartbeat() throws -> Heartbeat
    func outbox() throws -> Outbox
    /// Commits an event of this key, 0 to 3, into the outbox, in the partition that is the key's remainder by two.
    func publish(key: Int, isChecked: Bool) throws
    /// Commits delayed events of these keys, the last one first: the first key's is due after so many milliseconds, each other one a
    /// millisecond after the one before it.
    func delay(keys: [Int], by milliseconds: Int64) throws
    /// Waits until that time is over by the clock of Postgres.
    func pass(_ milliseconds: Int64) throws
    /// Adds an entry by hand, of a number that is foreign to every reader.
    func addForeign(_ partition: Partition, _ id: EntryID) throws
    /// What the worker's group has, once it is admitted.
    func admit(_ worker: WorkerID) throws
}

let first = Partition("t", 0)
let second = Partition("t", 1)

extension SeamServers {
    func publish(_ keys: Int...) throws { for key in keys { try publish(key: key, isChecked: true) } }

    /// The entries that get their positions now, appended to their streams.
    @discardableResult
    func relay() throws -> [Partition: [EntryID]] {
        let (outbox, streams) = (try outbox(), try ownerStreams())
        var ids: [Partition: [EntryID]] = [:]
        try outbox.assign(most: 100, except: [])
        for run in try outbox.collect() {
            let state = try streams.inspect(run.partition)
            let outcome = try streams.append(run.entries, to: run.partition, after: state.last, inspecting: nil).0
            guard outcome == .appended else {
                throw NeverHappened(what: "\(run.partition) was appended to: \(outcome)")
            }
            ids[run.partition] = run.entries.map(\.id)
        }
        return ids
    }
}

enum SeamSide: CaseIterable {
    case real
    /// As `real`, with the streams on the nodes of a cluster.
    case cluster
    case simulated
    /// As `simulated`, with the streams on the nodes of a cluster, and the streams that are meant for one.
    case simulatedCluster

    /// Runs the scenario on empty servers.
    func run(_ scenario: @escaping (any SeamServers) throws -> Void) async throws {
        switch self {
        case .simulated: try ScriptShell.run { try scenario(SimulatedSeam(shell: $0)) }
        case .simulatedCluster: try ScriptShell.run(nodes: 2) { try scenario(SimulatedClusterSeam(shell: $0)) }
        case .real:
            let url = try LocalPostgres.shared().createDatabase()
            try await withLocalRedis { redis in try scenario(try RealSeam(redis.url, url)) }
        case .cluster:
            let url = try LocalPostgres.shared().createDatabase()
            try scenario(try ClusterSeam(try sharedCluster.get().url, url))
        }
    }
}

// MARK: The real ones

struct RealSeam: SeamServers {
    let redis: RedisConfiguration
    /// Of a server that several scenarios share, each has its own.
    let naming: StreamNaming
    private let postgres: PostgresConfiguration
    private let control: PostgresConnection
    private let contents = EventContents(keys: 4, partitions: 2) { $0 }

    init(_ redis: String, _ url: String, naming: StreamNaming = StreamNaming()) throws {
        self.redis = try RedisConfiguration(url: redis)
        self.naming = naming
        postgres = try PostgresConfiguration(url: url)
        control = try PostgresConnection(postgres)
        try Migrator.migrate(control, component: "perch", Migration.perch)
        try Contract(topics: [topic]).declareTopics(ownedBy: EventContents.source, on: control)
    }

    private var topic: TopicContract {
        TopicContract(
            name: "t",
            owner: EventContents.source,
            key: "key",
            partitions: 2,
            groups: ["g0"],
            events: []
        )
    }

    func groupStreams() throws -> RedisGroupStreams<RedisConnection> {
        RedisGroupStreams(
            connection: try RedisConnection(redis),
            naming: naming,
            group: "g0",
            consumer: "w1",
            sources: ["t": EventContents.source]
        )
    }

    func ownerStreams() throws -> RedisOwnerStreams<RedisConnection> {
        RedisOwnerStreams(
            connection: try RedisConnection(redis),
            naming: naming,
            sources: ["t": EventContents.source],
            groups: ["t": ["g0"]]
        )
    }

    /// Of one Redis or of a cluster, as the URL has it.
    func operatorStreams() throws -> OperatorStreams { try OperatorStreams(redis, naming: naming) }

    func tables(_ worker: WorkerID) throws -> SQLGroupTables {
        SQLGroupTables(
            connection: try PostgresConnection(postgres),
            group: ConsumerGroup(name: "g0", subscriptions: [])
        )
    }

    func heartbeat() throws -> SQLHeartbeatTables {
        SQLHeartbeatTables(connection: try PostgresConnection(postgres), group: "g0")
    }

    func outbox() throws -> RelayStore {
        RelayStore(
            connection: try PostgresConnection(postgres),
            naming: naming,
            sources: ["t": EventContents.source]
        )
    }

    func publish(key: Int, isChecked: Bool) throws {
        let data = String(decoding: EventContents.data(of: key), as: UTF8.self)
        try control.execute(
            """
            INSERT INTO perch.outbox (topic, partition, event_id, type, version, key, time, data, is_checked)
            VALUES ('t', \(Int32(key % 2)), \(UUID()), \(EventContents.type), 1, \(contents.subject(ofKey: key)),
                clock_timestamp(), \(data)::json, \(isChecked))
            """
        )
    }

    func delay(keys: [Int], by milliseconds: Int64) throws {
        let start = Timestamp.now
        for (index, key) in keys.enumerated().reversed() {
            let data = String(decoding: EventContents.data(of: key), as: UTF8.self)
            try control.execute(
                """
                INSERT INTO perch.delayed_events (topic, checksum, type, key, due_at, data, is_checked)
                VALUES ('t', \(Int64(key % 2)), \(EventContents.type), \(contents.subject(ofKey: key)),
                    \(start + .milliseconds(milliseconds + Int64(index))), \(data)::json, true)
                """
            )
        }
    }

    func pass(_ milliseconds: Int64) throws {
        let start = try outbox().milliseconds()
        let outbox = try outbox()
        while try outbox.milliseconds() <= start + milliseconds {}
    }

    func addForeign(_ partition: Partition, _ id: EntryID) throws {
        try RedisConnection(redis).execute(
            RedisCommand("XADD", naming.key(partition), id.description, "greeting", "hello")
        )
    }

    func admit(_ worker: WorkerID) throws {
        _ = try heartbeat().declare(ConsumerGroup(name: "g0", subscriptions: []), topic.allPartitions)
    }
}

// MARK: The simulated ones

struct SimulatedSeam: SeamServers {
    let shell: ScriptShell

    func groupStreams() -> RedisGroupStreams<SimulatedChannel> { shell.groupStreams(consumer: "w1") }
    func ownerStreams() -> RedisOwnerStreams<SimulatedChannel> { shell.ownerStreams() }
    func tables(_ worker: WorkerID) -> SimulatedGroupTables { shell.groupTables(worker: worker) }
    func heartbeat() -> SimulatedHeartbeatTables { SimulatedHeartbeatTables(of: shell) }
    func outbox() -> SimulatedOwnerTables { SimulatedOwnerTables(of: shell) }

    func publish(key: Int, isChecked: Bool) throws { _ = try shell.publish(key: key, isChecked: isChecked) }

    func delay(keys: [Int], by milliseconds: Int64) throws {
        let start = shell.milliseconds
        for (index, key) in keys.enumerated().reversed() {
            _ = try shell.delay(key: key, until: start + milliseconds + Int64(index))
        }
    }

    func pass(_ milliseconds: Int64) { shell.pass(milliseconds) }

    func addForeign(_ partition: Partition, _ id: EntryID) throws { shell.add(partition, id, event: -16) }

    func admit(_ worker: WorkerID) throws { _ = shell.groupTables(worker: worker) }
}

/// The same, on the nodes of a cluster.
struct SimulatedClusterSeam: SeamServers {
    let shell: ScriptShell
    private var other: SimulatedSeam { SimulatedSeam(shell: shell) }

    init(shell: ScriptShell) { self.shell = shell }

    func groupStreams() throws -> ClusterGroupStreams<SimulatedNodeConnections> {
        try shell.clusterGroupStreams(consumer: "w1")
    }

    func ownerStreams() throws -> ClusterOwnerStreams<SimulatedNodeConnections> { try shell.clusterOwnerStreams() }
    func tables(_ worker: WorkerID) -> SimulatedGroupTables { other.tables(worker) }
    func heartbeat() -> SimulatedHeartbeatTables { other.heartbeat() }
    func outbox() -> SimulatedOwnerTables { other.outbox() }
    func publish(key: Int, isChecked: Bool) throws { try other.publish(key: key, isChecked: isChecked) }
    func delay(keys: [Int], by milliseconds: Int64) throws { try other.delay(keys: keys, by: milliseconds) }
    func pass(_ milliseconds: Int64) throws { other.pass(milliseconds) }
    func addForeign(_ partition: Partition, _ id: EntryID) throws { try other.addForeign(partition, id) }
    func admit(_ worker: WorkerID) throws { try other.admit(worker) }
}
