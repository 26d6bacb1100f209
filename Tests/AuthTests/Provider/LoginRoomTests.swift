import Foundation
import HTTPKit
import HTTPTesting
import OpenSSL
import Perch
import PerchTesting
import PopugEvents
import Postgres
import ServiceTesting
import Testing

@testable import Auth

/// How much of each is kept.
@Suite("room for logins") struct LoginRoomTests {
    private func user(_ provider: ProviderFixture) async throws -> UUID {
        try #require(try await provider.auth.users.user(email: "ann@x.org", in: provider.auth.database)).userID
    }

    @Test func ofAThousandLoginsTheOldestEndsAndNoneTooMany() async throws {
        try await LogoutReceiver.serve { provider, _ in
            let browser = provider.browser
            _ = try await browser.logIn()
            try await provider.fill(SSOSessions.most - 2, of: try await user(provider))
            _ = try await provider.browser.logIn()
            #expect(try await browser.get("/me").status == 200)
            _ = try await provider.browser.logIn()
            #expect(try await browser.get("/me").status == 303)
            let open = try await provider.count("SELECT count(*) FROM auth.sso_sessions WHERE ended_at IS NULL")
            #expect(open == SSOSessions.most)
        }
    }

    @Test func whatHasEndedGoesFirstAndTheOldestOfThat() async throws {
        try await LogoutReceiver.serve(keeps: false) { provider, _ in
            let browser = provider.browser
            _ = try await browser.logIn()
            let user = try await user(provider)
            try await provider.fill(SSOSessions.most - 1, of: user)
            // Two that are newer than the browser's.
            let ended = try await provider.auth.database.query(
                """
                UPDATE auth.sso_sessions SET ended_at = began_at, end_reason = 'revoked' WHERE session_id IN (
                    SELECT session_id FROM auth.sso_sessions ORDER BY session_id DESC LIMIT 2
                ) RETURNING session_id
                """
            ) { try $0.decode(0, as: UUID.self) }
            _ = try await provider.browser.logIn()
            #expect(try await browser.get("/me").status == 200)
            let left = try await provider.auth.database.query(
                "SELECT session_id FROM auth.sso_sessions WHERE session_id = ANY(\(ended))"
            ) { try $0.decode(0, as: UUID.self) }
            #expect(left == [ended.max { $0.text < $1.text }])
        }
    }

    @Test func aLoginWhoseProgramsAreStillToBeToldStays() async throws {
        try await LogoutReceiver.serve(keeps: false) { provider, receiver in
            _ = try await provider.browser.logIn()
            let user = try await user(provider)
            try await provider.fill(SSOSessions.most - 1, of: user)
            for _ in 0..<3 { _ = try await provider.browser.logIn() }
            #expect(try await provider.count("SELECT count(*) FROM auth.sso_clients WHERE due_at IS NOT NULL") == 1)
            try await whileKeeping(provider.keeper) {
                try await eventually("the program was told") { receiver.clients == ["tracker"] }
            }
        }
    }

    @Test func noRowIsLeftOfWhatExpiredLongAgo() async throws {
        try await ProviderFixture.serve { provider in
            _ = try await provider.browser.logIn()
            provider.auth.clock.advance(by: SSOSession.lifetime + SSOSessions.memory + .seconds(1))
            try await eventually("it has ended") {
                try await provider.count("SELECT count(*) FROM auth.sso_clients WHERE due_at IS NULL AND tries = 1")
                    == 1
            }
            _ = try await provider.browser.logIn()
            #expect(try await provider.count("SELECT count(*) FROM auth.sso_sessions") == 1)
        }
    }

    @Test func aHundredCodesOfALoginAreKeptTheNewest() async throws {
        try await ProviderFixture.serve { provider in
            let browser = provider.browser
            _ = try await browser.logIn()
            var codes: [String] = []
            for _ in 0...Codes.most {
                // One after another, and not too often.
                provider.auth.clock.advance(by: .milliseconds(200))
                codes.append(try await provider.code(browser))
            }
            #expect(try await provider.count("SELECT count(*) FROM auth.codes") == Codes.most)
            #expect(try await provider.redeem(codes[0]).error == "invalid_grant")
            for code in [codes[1], codes[Codes.most]] { #expect(try await provider.redeem(code).status == 200) }
        }
    }

    @Test func codesOfOneLoginPushOutNoneOfAnother() async throws {
        try await ProviderFixture.serve { provider in
            let (browser, other) = (provider.browser, provider.browser)
            let first = try await provider.code(other)
            _ = try await browser.logIn()
            for _ in 0...Codes.most {
                provider.auth.clock.advance(by: .milliseconds(200))
                _ = try await provider.code(browser)
            }
            #expect(try await provider.redeem(first).status == 200)
        }
    }

    @Test func ofAThousandSessionsOfTokensOneThatHasEndedGoesFirst() async throws {
        let auth = try AuthFixture()
        let user = try await auth.addUser()
        let sessions = auth.sessions
        let oldest = try await sessions.begin(for: user)
        let ids = (0..<Sessions.most - 1).map { _ in UUID.v7() }
        try await auth.database.execute(
            """
            INSERT INTO auth.sessions (session_id, user_id, began_at, expires_at)
            SELECT id, \(user.userID), \(auth.clock.now), \(auth.clock.now + Sessions.lifetime)
            FROM unnest(\(ids)) AS id
            """
        )
        try await auth.database.execute(
            "UPDATE auth.sessions SET ended_at = began_at, end_reason = 'revoked' WHERE session_id = \(ids[500])"
        )
        _ = try await sessions.begin(for: user)
        #expect(try await auth.count("SELECT count(*) FROM auth.sessions") == Sessions.most)
        #expect(try await auth.count("SELECT count(*) FROM auth.sessions WHERE session_id = \(ids[500])") == 0)
        let next = try await sessions.refresh(oldest.refreshToken)
        _ = try await sessions.begin(for: user)
        #expect(try await auth.count("SELECT count(*) FROM auth.sessions") == Sessions.most)
        #expect(await refusal { try await sessions.refresh(next.refreshToken) } as? RefreshRefusal == .unknown)
    }

    @Test func twentyFormsOfABrowserAreKeptTheNewest() async throws {
        try await ProviderFixture.serve { provider in
            let (browser, other) = (provider.browser, provider.browser)
            let foreign = try await other.get("/login")
            var forms: [RawAnswer] = []
            for _ in 0...KeptLogins.most {
                provider.auth.clock.advance(by: .milliseconds(200))
                forms.append(try await browser.get("/login"))
            }
            #expect(try await provider.count("SELECT count(*) FROM auth.logins") == KeptLogins.most + 1)
            #expect(try await browser.submit(forms[0]).said.contains("took too long"))
            for form in [forms[1], forms[KeptLogins.most]] { #expect(try await browser.submit(form).status == 303) }
            #expect(try await other.submit(foreign).status == 303)
        }
    }

    // MARK: Who asks too often

    @Test(arguments: ["/login", ProviderFixture.request()])
    func anAddressThatAsksForFormsTooOftenIsToldWhenToTryAgain(_ path: String) async throws {
        try await ProviderFixture.serve(proxies: try TrustedProxies(parsing: "127.0.0.0/8")) { provider in
            let most = Int(AuthPages.formsPerSecond) * 2
            func ask(_ address: String) async throws -> RawAnswer {
                try await provider.browser.get(path, ["X-Forwarded-For: \(address)"])
            }
            for number in 0..<most { #expect(try await ask("2001:db8::\(number)").status == 200) }
            let refused = try await ask("2001:db8::1:1")
            #expect(refused.status == 429)
            #expect(refused.header("Retry-After") == "1")
            #expect(refused.header("Content-Type") == "text/html; charset=utf-8")
            #expect(refused.header("Set-Cookie") == nil)
            #expect(try await provider.count("SELECT count(*) FROM auth.logins") == most)
            #expect(try await ask("198.51.100.7").status == 200)
            provider.auth.clock.advance(by: .seconds(1))
            #expect(try await ask("2001:db8::1:1").status == 200)
        }
    }

    @Test(arguments: ["/login", ProviderFixture.request()])
    func whoAsksWhetherThereIsAFormGetsNone(_ path: String) async throws {
        try await ProviderFixture.serve { provider in
            for _ in 0..<2 {
                let answer = try await RawAnswer.ask(provider.port, "HEAD \(path)", ["Host: 127.0.0.1:8081"])
                #expect(answer.status == 200 && answer.body.isEmpty)
                #expect(answer.header("Set-Cookie") == nil)
            }
            #expect(try await provider.count("SELECT count(*) FROM auth.logins") == 0)
        }
    }
}

extension ProviderFixture {
    /// So many logins of a user, which have just begun.
    func fill(_ count: Int, of user: UUID) async throws {
        let ids = (0..<count).map { _ in UUID.v7() }
        let now = auth.clock.now
        try await auth.database.execute(
            """
            INSERT INTO auth.sso_sessions
                (session_id, user_id, cookie_hash, began_at, last_used_at, expires_at, user_agent)
            SELECT id, \(user), sha256(uuid_send(id)), \(now), \(now), \(now + SSOSession.lifetime), ''
            FROM unnest(\(ids)) AS id
            """
        )
    }
}
