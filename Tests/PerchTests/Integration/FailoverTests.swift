import Foundation
import LocalServers
import Perch
import PerchTesting
import Testing

/// The master of the streams changes while events flow: each takes effect, once, in the order of its key.
@Suite(.serialized, .timeLimit(.minutes(30))) struct FailoverTests {
    enum Fault: CaseIterable {
        case killed, frozen, planned

        var words: String {
            switch self {
            case .killed: "the master is killed"
            case .frozen: "the master is frozen"
            case .planned: "a planned failover"
            }
        }
    }

    @Test(arguments: Fault.allCases)
    func eventsTakeEffectOnceAndInOrderOverAFailover(fault: Fault) async throws {
        let sentinels = try LocalSentinels()
        let traffic = try await traffic(sentinels.nodes[0], sentinels.url)
        try await traffic.isExact(fault: "Sentinel: \(fault.words)") {
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
                // A server that changes its role ends its clients.
                sentinels.nodes.dropFirst().contains { (try? $0.cli("ROLE"))?.hasPrefix("master") == true }
            }
            traffic.serverServes()
            guard fault == .frozen else { return }
            try await traffic.flowsAgain()
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

    @Test func eventsTakeEffectOnceAndInOrderAlthoughASentinelNamesAReplica() async throws {
        let sentinels = try LocalSentinels()
        let (stale, replica) = (sentinels.sentinels[0], sentinels.nodes[1])
        // It is the one that is asked first, and is wrong, until the others tell it of the master that they have agreed upon.
        try stale.watch("127.0.0.1:\(replica.port)", as: sentinels.name)
        try replica.cli("CONFIG", "SET", "replica-priority", "0")
        try await exact(through: sentinels) { sentinels in
            sentinels.nodes[0].kill()
            try await eventually("the other replica is the master") {
                (try? sentinels.nodes[2].cli("ROLE"))?.hasPrefix("master") == true
            }
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

    @Test func eventsGoOnWithANewCertificateOfTheServerAndWaitWhileItHasExpired() async throws {
        let authority = try LocalCertificateAuthority()
        try await withLocalRedis(tls: LocalTLS(authority), settings: ["loglevel": "verbose"]) { redis in
            // Who is connected goes on with what it has seen: all connect anew.
            func show(_ shown: LocalCertificate) throws {
                let files = ["tls-cert-file", shown.certificate, "tls-key-file", shown.key]
                try #expect(redis.cli(["CONFIG", "SET"] + files) == "OK")
                try redis.cli("CLIENT", "KILL", "TYPE", "normal")
            }
            func refusals() throws -> Int {
                try String(contentsOfFile: redis.log, encoding: .utf8).ranges(of: "certificate expired").count
            }
            let traffic = try await traffic(redis, try #require(redis.tlsURL))
            try await traffic.isExact {
                try show(authority.issue())
            } then: {
                try #expect(refusals() == 0)
                try show(authority.issue(.expired))
                // The relay, and two workers, more than once.
                try await eventually("nobody takes it") { try refusals() > 6 }
                try show(authority.issue())
            }
        }
    }

    /// What somebody types to make a master a replica.
    enum Demotion: CaseIterable {
        /// What the old master has taken meanwhile is lost.
        case replicaOf
        /// Nothing is lost, and the old master goes on without a break.
        case failover
    }

    /// The address of the master moves: the old one keeps its clients, and refuses what they append.
    @Test(arguments: Demotion.allCases)
    func aMasterThatIsMadeAReplicaByHandIsLeftAlthoughItKeepsItsConnections(by demotion: Demotion) async throws {
        try await withLocalRedis { first in
            try await withLocalRedis(settings: ["replicaof": "127.0.0.1 \(first.port)"]) { second in
                let address = try MovingAddress(to: first.port)
                let traffic = try await traffic(first, "redis://127.0.0.1:\(address.port)")
                try await traffic.isExact {
                    try await eventually("the replica has what the master has") {
                        try second.cli("INFO", "replication").contains("master_link_status:up")
                    }
                    try await eventually("relay and workers go through the address") { address.connections > 0 }
                    switch demotion {
                    case .replicaOf:
                        try second.cli("REPLICAOF", "NO", "ONE")
                        try first.cli("REPLICAOF", "127.0.0.1", "\(second.port)")
                    case .failover:
                        try await eventually("the master gives way") {
                            try first.cli("FAILOVER", "TO", "127.0.0.1", "\(second.port)") == "OK"
                        }
                        try await eventually("the replica is the master") {
                            try second.cli("ROLE").hasPrefix("master")
                        }
                    }
                    address.move(to: second.port, cutting: false)
                }
                #expect(try second.cli("ROLE").hasPrefix("master"))
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

    private func exact(_ redis: LocalRedis, _ url: String, _ disturb: () async throws -> Void) async throws {
        try await traffic(redis, url).isExact(disturb)
    }

    private func traffic(_ redis: LocalRedis, _ url: String) async throws -> ExactTraffic {
        try await ExactTraffic(
            redis: redis,
            redisURL: url,
            databaseURL: try LocalPostgres.shared().createDatabase()
        )
    }
}

extension LocalSentinels {
    /// The address that a sentinel names.
    fileprivate func master(by sentinel: LocalSentinel) throws -> String {
        try sentinel.cli("SENTINEL", "GET-MASTER-ADDR-BY-NAME", name)
    }
}
