import Foundation
import HTTPTesting
import Perch
import PerchTesting
import PopugEvents
import Postgres
import ServiceTesting
import Testing

@testable import Auth

/// In which order, how often and how many at a time programs are told.
@Suite("telling of a logout") struct LogoutTellingTests {
    private static let due: SQL = "SELECT count(*) FROM auth.sso_clients WHERE due_at IS NOT NULL"

    /// Logins of as many browsers, and the user whose they are.
    private static func logIn(_ count: Int, _ provider: ProviderFixture) async throws -> UUID {
        for _ in 0..<count {
            provider.auth.clock.advance(by: .milliseconds(200))
            _ = try await provider.browser.logIn()
        }
        return try #require(try await provider.auth.users.user(email: "ann@x.org", in: provider.auth.database)).userID
    }

    private static func endAll(of user: UUID, _ provider: ProviderFixture) async throws {
        _ = try await provider.auth.users.endSessions(of: user, in: provider.auth.database)
    }

    @Test func sixteenAreToldAtATime() async throws {
        try await LogoutReceiver.serve { provider, receiver in
            let user = try await Self.logIn(40, provider)
            receiver.hold(true)
            try await Self.endAll(of: user, provider)
            try await eventually("as many as may be are told") { receiver.now == 16 }
            // The keeper has left all others for later.
            var left = 0
            while let due = try await provider.logouts.claim() {
                left += 1
                try await provider.logouts.settle(due, .unreachable)
            }
            #expect(left == 24)
            receiver.hold(false)
            try await eventually("all were told") { try await provider.count(Self.due) == 0 }
            #expect(receiver.clients.count == 16 && receiver.most == 16)
        }
    }

    @Test func whoIsToldLeavesThePlaceToTheNext() async throws {
        try await LogoutReceiver.serve { provider, receiver in
            let user = try await Self.logIn(40, provider)
            try await Self.endAll(of: user, provider)
            try await eventually("all were told") { try await provider.count(Self.due) == 0 }
            #expect(receiver.clients.count == 40 && receiver.most <= 16)
        }
    }

    @Test func whoEndsALoginDoesNotWaitForAProgramThatDoesNotAnswer() async throws {
        var pace = TellingPace.patient
        pace.longestWait = .zero
        try await LogoutReceiver.serve(pace: pace) { provider, receiver in
            let browser = provider.browser
            _ = try await browser.logIn()
            receiver.hold(true)
            let form = try #require(try await browser.get("/oauth/logout").forms.first)
            let answer = try await browser.post(form.action, form.fields)
            #expect(answer.status == 303)
            let page = try #require(answer.header("Location"))
            #expect(try await browser.get(page).said.contains("Tickets could not be told"))
            // It is told all the same.
            receiver.hold(false)
            try await eventually("the program was told") { try await provider.count(Self.due) == 0 }
            #expect(try await browser.get(page).said.contains("You are logged out of Tickets."))
        }
    }

    @Test func whoWasToEndALoginAndDiedWhileTellingIsReplaced() async throws {
        try await LogoutReceiver.serve(keeps: false) { provider, receiver in
            let user = try await Self.logIn(1, provider)
            try await Self.endAll(of: user, provider)
            // One dies before it tells, the next one while it does.
            let claimed = try #require(try await provider.logouts.claim())
            #expect(claimed.client == "tracker" && claimed.tries == 1)
            #expect(try await provider.logouts.claim() == nil)
            provider.auth.clock.advance(by: provider.logouts.pace.claim)
            try await whileKeeping(provider.keeper) {
                try await eventually("the program was told") { receiver.clients == ["tracker"] }
                try await eventually("that is noted") { try await provider.count(Self.due) == 0 }
            }
        }
    }

    @Test func betweenTriesIsAPauseAndAfterThreeItIsToldNoMore() async throws {
        var pace = TellingPace.patient
        pace.pauses = TellingPace.usual.pauses
        try await LogoutReceiver.serve(pace: pace, keeps: false) { provider, _ in
            let user = try await Self.logIn(1, provider)
            try await Self.endAll(of: user, provider)
            let logouts = provider.logouts
            for (number, pause) in [500, 1000].enumerated() {
                let due = try #require(try await logouts.claim())
                #expect(due.tries == number + 1)
                try await logouts.settle(due, .refused)
                provider.auth.clock.advance(by: .milliseconds(pause - 1))
                #expect(try await logouts.claim() == nil)
                provider.auth.clock.advance(by: .milliseconds(1))
            }
            let last = try #require(try await logouts.claim())
            try await logouts.settle(last, .refused)
            #expect(try await provider.count(Self.due) == 0)
            #expect(try await logouts.told(of: last.session) == [.init(name: "Tickets", wasTold: false)])
        }
    }

    @Test func whoWasNotTriedYetComesBeforeWhoDidNotTakeIt() async throws {
        try await LogoutReceiver.serve(keeps: false) { provider, _ in
            let user = try await Self.logIn(1, provider)
            try await Self.endAll(of: user, provider)
            let first = try #require(try await provider.logouts.claim())
            try await provider.logouts.settle(first, .refused)
            _ = try await Self.logIn(1, provider)
            try await Self.endAll(of: user, provider)
            let next = try #require(try await provider.logouts.claim())
            #expect(next.session != first.session && next.tries == 1)
            let again = try await provider.logouts.claim()
            #expect(again?.session == first.session && again?.tries == 2)
        }
    }

    @Test func whatEndsWhileAProgramIsToldIsToldToo() async throws {
        try await LogoutReceiver.serve(keeps: false) { provider, _ in
            let code = try await provider.code(provider.browser)
            for _ in 0..<2 { _ = try await provider.redeem(code) }
            let reuse = try #require(try await provider.logouts.claim())
            #expect(try await provider.keeper.sso.end(reuse.session, .revoked))
            try await provider.logouts.settle(reuse, .told)
            #expect(try await provider.logouts.told(of: reuse.session) == [.init(name: "Tickets", wasTold: false)])
            #expect(try await provider.logouts.claim()?.session == reuse.session)
        }
    }

    @Test func twoKeepersTellOnce() async throws {
        try await LogoutReceiver.serve(keeps: false) { provider, receiver in
            let user = try await Self.logIn(10, provider)
            try await Self.endAll(of: user, provider)
            let other = Auth.server(
                database: provider.auth.database,
                hasher: provider.auth.hasher,
                issuer: provider.auth.issuer,
                clients: provider.logouts.clients,
                pace: .patient,
                logger: .silent,
                now: provider.auth.now,
                instant: { .now }
            )
            try await whileKeeping(provider.keeper) {
                try await whileKeeping(other.keeper) {
                    try await eventually("all were told") { try await provider.count(Self.due) == 0 }
                }
            }
            #expect(receiver.clients.count == 10)
        }
    }

    @Test func aProgramThatCannotBeToldIsNotWaitedFor() async throws {
        try await LogoutReceiver.serve(told: []) { provider, receiver in
            let browser = provider.browser
            _ = try await browser.logIn()
            let form = try #require(try await browser.get("/oauth/logout").forms.first)
            let answer = try await browser.post(form.action, form.fields)
            #expect(answer.status == 303 && receiver.clients.isEmpty)
            #expect(try await provider.count(Self.due) == 0)
            #expect(try await provider.count("SELECT tries FROM auth.sso_clients") == 1)
        }
    }
}
