import LocalServers
import Perch
import PerchTesting
import Postgres
import Synchronization
import Testing

/// The master of the streams changes while events flow: each takes effect, once, in the order of its key.
@Suite(.serialized, .timeLimit(.minutes(30))) struct FailoverTests {
    enum Fault: CaseIterable {
        case killed, frozen, planned
    }

    @Test(arguments: Fault.allCases)
    func eventsTakeEffectOnceAndInOrderOverAFailover(fault: Fault) async throws {
        try await exact(through: try LocalSentinels()) { sentinels in
            let old = sentinels.nodes[0]
            switch fault {
            case .killed: old.kill()
            case .frozen: old.pause()
            case .planned:
                // It refuses while it has not heard of a replica lately.
                try await eventually("the sentinel begins a failover") {
                    try sentinels.sentinels[0].cli("SENTINEL", "FAILOVER", sentinels.name) == "OK"
                }
            }
            try await eventually("a replica is the master") {
                try sentinels.nodes.dropFirst().contains { try $0.cli("ROLE").hasPrefix("master") }
            }
            guard fault == .frozen else { return }
            // It wakes as a second master, until the sentinels tell it.
            old.resume()
            try await eventually("the old master is a replica") { try old.cli("ROLE").hasPrefix("slave") }
        }
    }

    @Test func theSameThroughTLSAndWithPasswords() async throws {
        let tls = try LocalTLS(LocalCertificateAuthority())
        let sentinels = try LocalSentinels(password: "hunter2", sentinelPassword: "hunter3", tls: tls)
        try await exact(through: sentinels) { sentinels in
            let old = try sentinels.master(by: sentinels.sentinels[0])
            sentinels.nodes[0].kill()
            try await eventually("the first sentinel has learned of another master") {
                try sentinels.master(by: sentinels.sentinels[0]) != old
            }
            // One of them is enough to find it.
            sentinels.sentinels[1].kill()
            sentinels.sentinels[2].kill()
        }
    }

    @Test func eventsGoTheirWayThroughTLS() async throws {
        let tls = try LocalTLS(LocalCertificateAuthority(), requiresClientCertificate: true)
        let client = try tls.authority.issue(for: [], name: "perch")
        try await withLocalRedis(tls: tls) { redis in
            let url = try #require(redis.tlsURL) + "&cert=\(client.certificate)&key=\(client.key)"
            try await exact(redis, url) {
                try redis.cli("CLIENT", "KILL", "TYPE", "normal")
            }
        }
    }

    // MARK: Helpers

    private func exact(
        through sentinels: LocalSentinels,
        _ disturb: (LocalSentinels) async throws -> Void
    ) async throws {
        try await exact(sentinels.nodes[0], sentinels.url) { try await disturb(sentinels) }
    }

    /// Disturbs a system under traffic, lets it work on, and looks at what took effect.
    private func exact(_ redis: LocalRedis, _ url: String, _ disturb: () async throws -> Void) async throws {
        let databaseURL = try LocalPostgres.shared().createDatabase()
        var system = try TestSystem(
            contract: Contract(topics: [orders]),
            owner: "shop",
            redis: redis,
            databaseURL: databaseURL
        )
        system.redisURL = url
        let database = Database(try system.postgres, size: 3, acquireTimeout: .seconds(3600))
        _ = try await database.execute(
            "CREATE TABLE effects (sequence bigint GENERATED ALWAYS AS IDENTITY, event_id uuid, key text, count bigint)"
        )
        let keys = (0..<24).map { "order-\($0)" }
        let isOver = Flag()
        var rounds = 0
        try await running(system, workers: 2) {
            async let published = publish(keys, on: database, until: isOver)
            do {
                try await eventually("events flow") { try await effects(database) >= 240 }
                try await disturb()
                let before = try await effects(database)
                try await eventually("events flow again") { try await effects(database) >= before + 240 }
            } catch {
                isOver.raise()
                throw error
            }
            isOver.raise()
            rounds = try await published
            try await eventually("all took effect") { [rounds] in try await effects(database) >= rounds * keys.count }
        }
        let counts = try await database.query("SELECT key, count FROM effects ORDER BY sequence") {
            (try $0.decode("key", as: String.self), try $0.decode("count", as: Int.self))
        }
        let found = Dictionary(grouping: counts, by: \.0).mapValues { $0.map(\.1) }
        #expect(found == Dictionary(uniqueKeysWithValues: keys.map { ($0, Array(0..<rounds)) }))
        await database.close()
    }

    /// - Returns: How many events each key has got.
    private func publish(_ keys: [String], on database: Database, until isOver: Flag) async throws -> Int {
        var count = 0
        while !isOver.isRaised {
            try await database.transaction { [count] tx in
                for key in keys { try tx.publish(OrderCounted(order: key, count: count)) }
            }
            count += 1
        }
        return count
    }

    private func effects(_ database: Database) async throws -> Int {
        try await database.query("SELECT count(*) AS n FROM effects") { try $0.decode("n", as: Int.self) }.first ?? 0
    }

    private final class Flag: Sendable {
        private let raised = Atomic(false)
        var isRaised: Bool { raised.load(ordering: .acquiring) }
        func raise() { raised.store(true, ordering: .releasing) }
    }
}

extension LocalSentinels {
    /// The address that a sentinel names.
    fileprivate func master(by sentinel: LocalSentinel) throws -> String {
        try sentinel.cli("SENTINEL", "GET-MASTER-ADDR-BY-NAME", name)
    }
}
