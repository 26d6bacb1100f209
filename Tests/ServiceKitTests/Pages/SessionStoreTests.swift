import LocalServers
import PageKit
import Perch
import Postgres
import Testing

@testable import ServiceKit

/// What `PageSessions` counts on, of each store.
@Suite struct SessionStoreTests {
    enum Kind: CaseIterable { case memory, database }

    private let start = Timestamp(milliseconds: 1_800_000_000_000)

    private func store(_ kind: Kind) throws -> any SessionStore {
        switch kind {
        case .memory: return MemorySessions()
        case .database:
            let url = try LocalPostgres.shared().createDatabase()
            let connection = try PostgresConnection(PostgresConfiguration(url: url))
            // A name that has to be quoted.
            let sql = "CREATE SCHEMA \"a service\";" + WebSessions.tables(in: "a service")
            try ServiceDatabase.prepare(
                connection,
                owner: "post",
                contract: Contract(topics: [parcels]),
                migrations: [Migration(version: 1, name: "web sessions", sql: sql)]
            )
            let database = Database(try PostgresConfiguration(url: url), size: 2, acquireTimeout: .seconds(3600))
            return WebSessions(database: database, schema: "a service")
        }
    }

    private func session(_ id: String, of subject: String = "ann", at issuer: String? = "s1", seconds: Int = 0)
        -> PageSession
    {
        let time = start + .seconds(seconds)
        return PageSession(
            id: id,
            person: PagePerson(subject: subject, name: "Ann", roles: ["admin"], issuerSession: issuer),
            idToken: "a.b.c",
            started: time,
            lastSeen: time,
            verified: time,
            renewalFailed: nil
        )
    }

    @Test(arguments: Kind.allCases) func aSessionComesBackAsItWasAdded(_ kind: Kind) async throws {
        let store = try store(kind)
        try await store.add(session("one", at: nil))
        #expect(try await store.session("one") == session("one", at: nil))
        #expect(try await store.session("two") == nil)
        #expect(try await store.present(of: ["one", "two"]) == ["one"])
    }

    @Test(arguments: Kind.allCases) func anEarlierRequestDoesNotTakeALaterOnesPlace(_ kind: Kind) async throws {
        let store = try store(kind)
        try await store.add(session("one"))
        try await store.see("one", at: start + .seconds(60))
        try await store.see("one", at: start + .seconds(30))
        #expect(try await store.session("one")?.lastSeen == start + .seconds(60))
    }

    @Test(arguments: Kind.allCases) func onlyTheSamePersonRenewsASession(_ kind: Kind) async throws {
        let store = try store(kind)
        try await store.add(session("one"))
        try await store.noteFailedRenewal("one", at: start + .seconds(5))
        #expect(try await store.session("one")?.renewalFailed == start + .seconds(5))
        let ben = PagePerson(subject: "ben", name: "Ben")
        let renewed = PagePerson(subject: "ann", name: "Ann Lee", roles: ["employee"], issuerSession: "s2")
        #expect(try await !store.renew("one", ben, idToken: nil, at: start + .seconds(9)))
        #expect(try await store.renew("one", renewed, idToken: "d.e.f", at: start + .seconds(9)))
        #expect(try await !store.renew("two", renewed, idToken: "d.e.f", at: start + .seconds(9)))
        let found = try #require(try await store.session("one"))
        #expect(found.idToken == "d.e.f")
        #expect(found.person == renewed && found.verified == start + .seconds(9) && found.renewalFailed == nil)
    }

    @Test(arguments: Kind.allCases) func aMessageIsGivenOnce(_ kind: Kind) async throws {
        let store = try store(kind)
        try await store.add(session("one"))
        try await store.leave("nobody hears it", for: "two")
        #expect(try await store.takeMessage(for: "two") == nil)
        try await store.leave("first", for: "one")
        try await store.leave("Closed “<b>”.", for: "one")
        #expect(try await store.session("one")?.hasMessage == true)
        #expect(try await store.takeMessage(for: "one") == "Closed “<b>”.")
        #expect(try await store.takeMessage(for: "one") == nil)
        #expect(try await store.session("one")?.hasMessage == false)
    }

    @Test(arguments: Kind.allCases) func aLogoutEndsThoseItNamesAndNoOther(_ kind: Kind) async throws {
        let store = try store(kind)
        try await store.add(session("one", of: "ann", at: "s1"))
        try await store.add(session("two", of: "ann", at: "s2"))
        try await store.add(session("three", of: "ben", at: "s3"))
        try await store.add(session("four", of: "ben", at: nil))
        #expect(try await store.remove(ofSubject: "ben", issuerSession: "s1").isEmpty)
        #expect(try await store.remove(ofSubject: nil, issuerSession: "s2") == ["two"])
        #expect(try await Set(store.remove(ofSubject: "ben", issuerSession: nil)) == ["three", "four"])
        #expect(try await store.remove("one"))
        #expect(try await !store.remove("one"))
        #expect(try await store.present(of: ["one", "two", "three", "four"]).isEmpty)
    }

    @Test(arguments: Kind.allCases) func thoseWhoseTimeIsOverGo(_ kind: Kind) async throws {
        let store = try store(kind)
        try await store.add(session("old"))
        try await store.see("old", at: start + .seconds(100))
        try await store.add(session("quiet", seconds: 50))
        try await store.add(session("new", seconds: 100))
        let gone = try await store.remove(begunBy: start, orSeenBy: start + .seconds(50))
        #expect(Set(gone) == ["old", "quiet"])
        #expect(try await store.session("new") != nil)
    }

    @Test(arguments: Kind.allCases) func beyondTheLimitTheQuietestGo(_ kind: Kind) async throws {
        let store = try store(kind)
        for number in 0..<5 { try await store.add(session("\(number)", seconds: number)) }
        // The newest stays, also where it was seen before all others.
        let gone = try await store.remove(beyond: 3, besides: "0")
        #expect(Set(gone) == ["1", "2"])
        #expect(try await store.remove(beyond: 3, besides: "0").isEmpty)
    }

    @Test(arguments: Kind.allCases) func namesAreKnownForAWhileAndTheLaterTimeWins(_ kind: Kind) async throws {
        let store = try store(kind)
        try await store.note("session s1", at: start + .seconds(10))
        try await store.note("session s1", at: start)
        #expect(try await store.time(of: "session s1", now: start + .seconds(10)) == start + .seconds(10))
        #expect(try await store.time(of: "session s2", now: start) == nil)
        #expect(try await store.noteNew("token t", at: start))
        #expect(try await !store.noteNew("token t", at: start))
        #expect(try await store.time(of: "session s1", now: start + .seconds(10) + PageSessions.memory) == nil)
    }
}
