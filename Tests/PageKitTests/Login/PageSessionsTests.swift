import Testing
import Times

@testable import PageKit

@Suite struct PageSessionsTests {
    @Test func beyondTheLimitTheOneThatWasNotSeenForLongestGoes() async throws {
        let (clock, ended) = (StandingTime(), EndedSessions())
        let sessions = PageSessions(limit: 3, now: { clock.time }, onEnd: { ended.note($0) })
        var begun: [(secret: [UInt8], session: PageSession)] = []
        for number in 0..<3 {
            begun.append(try await sessions.begin(PagePerson(subject: "p\(number)", name: "P"), issuedAt: 0))
            clock.advance(by: PageSession.seenEach)
        }
        #expect(try await sessions.session(of: begun[0].secret) != nil)
        _ = try await sessions.begin(PagePerson(subject: "new", name: "P"), issuedAt: 0)
        #expect(ended.all == [begun[1].session.id])
        #expect(await sessions.count == 3)
    }

    @Test func aSessionsNumberIsNotKeptAndItsNameOpensNothing() async throws {
        let sessions = PageSessions()
        let (secret, session) = try await sessions.begin(PagePerson(subject: "ann", name: "Ann"), issuedAt: 0)
        #expect(secret.count == 32)
        #expect(try await sessions.session(of: Array(session.id.utf8)) == nil)
        #expect(try await sessions.session(of: secret)?.id == session.id)
        try await sessions.end(session.id)
        #expect(try await sessions.session(of: secret) == nil)
    }

    @Test func aLogoutAtTheIssuerEndsALoginThatWasJustAdded() async throws {
        let ended = EndedSessions()
        let store = MemorySessions()
        let sessions = PageSessions(store: store, onEnd: { ended.note($0) })
        await store.note("subject ann", at: .now)
        await #expect(throws: LoginError.self) {
            try await sessions.begin(PagePerson(subject: "ann", name: "Ann"), issuedAt: 0)
        }
        #expect(await store.count == 0)
        #expect(ended.all.count == 1)
    }

    @Test func namesAreForgottenInTimeAndBeyondTheirNumber() {
        let clock = StandingTime()
        var names = RecentNames(life: .seconds(10), most: 4)
        for number in 0..<5 {
            names.note("\(number)", now: clock.time)
            clock.advance(by: .seconds(1))
        }
        #expect(names.time(of: "0", now: clock.time) == nil && names.time(of: "4", now: clock.time) != nil)
        clock.advance(by: .seconds(10))
        #expect(names.time(of: "4", now: clock.time) == nil)
    }

    @Test func aNameThatIsNotedAgainWithAnEarlierTimeIsNotForgottenSooner() {
        let clock = StandingTime()
        var names = RecentNames(life: .seconds(10))
        names.note("a", now: clock.time)
        names.note("a", now: clock.time + .seconds(-8))
        clock.advance(by: .seconds(5))
        #expect(names.time(of: "a", now: clock.time) == clock.time + .seconds(-5))
    }
}

extension PageSessions {
    /// How many there are in memory.
    var count: Int? { get async { await (store as? MemorySessions)?.count } }
}
