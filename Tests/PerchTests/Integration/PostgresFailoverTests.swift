import LocalServers
import PerchTesting
import Testing

/// The primary of the database changes while events flow: whatever was committed takes effect, once, in the order of its key, where the
/// standby is synchronous; without that, what the standby lacks is lost.
@Suite(.serialized, .timeLimit(.minutes(30))) struct PostgresFailoverTests {
    enum Fault: CaseIterable {
        case killed, frozen
    }

    /// How those who are connected to an address learn that it has moved.
    enum Learning: CaseIterable {
        case connectionsAreCut, serverIsSilent
    }

    @Test(arguments: Fault.allCases)
    func eventsTakeEffectOnceAndInOrderWhenAStandbyIsPromoted(fault: Fault) async throws {
        let (primary, standby) = try pair()
        // The first one is tried first by whoever does not know better.
        let places = "127.0.0.1:\(primary.port),127.0.0.1:\(standby.port)"
        try await traffic("postgresql://postgres@\(places)/shop?target_session_attrs=read-write") { traffic in
            switch fault {
            case .killed:
                try await traffic.isExact(fault: "Postgres: the primary is killed") {
                    primary.crash()
                    try standby.promote()
                    traffic.serverServes()
                }
            case .frozen:
                try await traffic.isExact(fault: "Postgres: the primary is frozen") {
                    primary.pause()
                    try standby.promote()
                    traffic.serverServes()
                } then: {
                    // It wakes, and takes itself for the primary.
                    primary.resume()
                    try #expect(primary.psql("SELECT pg_is_in_recovery()") == "f")
                }
            }
        }
        #expect(try standby.psql("SELECT pg_is_in_recovery()") == "f")
    }

    @Test(arguments: Learning.allCases)
    func theSameBehindAnAddressThatMoves(learning: Learning) async throws {
        let (primary, standby) = try pair()
        let address = try MovingAddress(to: primary.port)
        try await traffic("postgresql://postgres@127.0.0.1:\(address.port)/shop?sslmode=disable") { traffic in
            let fault = learning == .connectionsAreCut ? "is killed" : "is frozen, and no connection is cut"
            try await traffic.isExact(fault: "Postgres, an address that moves: the primary \(fault)") {
                switch learning {
                case .connectionsAreCut: primary.crash()
                case .serverIsSilent: primary.pause()
                }
                try standby.promote()
                address.move(to: standby.port, cutting: learning == .connectionsAreCut)
                traffic.serverServes()
            }
        }
    }

    /// As ops/postgres/README.md says: what the standby lacks is lost, but for what the streams still have.
    @Test func nothingIsDoubledOrReorderedWhereAStandbyThatLackedTheEndIsPromoted() async throws {
        let (primary, standby) = try pair(isSynchronous: false)
        let places = "127.0.0.1:\(primary.port),127.0.0.1:\(standby.port)"
        try await traffic("postgresql://postgres@\(places)/shop?target_session_attrs=read-write") { traffic in
            try await traffic.agreesWithTheLog {
                try standby.psql("ALTER SYSTEM SET primary_conninfo = ''")
                try standby.psql("SELECT pg_reload_conf()")
                try await eventually("the standby follows no more") {
                    try primary.psql("SELECT count(*) FROM pg_stat_replication") == "0"
                }
                let known = try standby.psql("SELECT count(*) FROM effects", database: "shop")
                try await traffic.flowsAgain()
                try #expect(standby.psql("SELECT count(*) FROM effects", database: "shop") == known)
                primary.crash()
                try standby.promote()
            }
        }
    }

    // MARK: Helpers

    private func pair(isSynchronous: Bool = true) throws -> (primary: LocalPostgres, standby: LocalPostgres) {
        let settings = isSynchronous ? ["synchronous_standby_names": "*"] : [:]
        let primary = try LocalPostgres(fsync: false, settings: settings)
        try primary.start()
        let standby = try primary.startStandby()
        _ = try primary.createDatabase("shop")
        return (primary, standby)
    }

    private func traffic(_ url: String, _ body: (ExactTraffic) async throws -> Void) async throws {
        try await withLocalRedis { redis in
            // What a server that is frozen costs.
            let times = "connect_timeout=2&reply_timeout=5"
            try await body(try await ExactTraffic(redis: redis, databaseURL: "\(url)&\(times)"))
        }
    }
}
