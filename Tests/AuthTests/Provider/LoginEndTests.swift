import Foundation
import HTTPTesting
import Perch
import PerchTesting
import PopugEvents
import Postgres
import ServiceTesting
import StrictJSON
import Testing

@testable import Auth

/// Whoever ends a login: it is over for its browser and its programs, and they are told.
@Suite("the end of a login") struct LoginEndTests {
    enum Way: String, CaseIterable, Sendable {
        case logout, end, endAll, disable, endSessions, password, ownPassword, replaced, idle, expired, room
        /// As the commands do, which are other processes.
        case disabledElsewhere, endedElsewhere, passwordElsewhere

        var reason: String {
            switch self {
            case .logout, .end: "revoked"
            case .endAll, .endSessions, .endedElsewhere: "ended"
            case .disable, .disabledElsewhere: "disabled"
            case .password, .ownPassword, .passwordElsewhere: "password"
            case .replaced: "replaced"
            case .idle: "idle"
            case .expired: "expired"
            case .room: "room"
            }
        }
    }

    private static let app = ["client_id": "mobile", "redirect_uri": "https://app.example.com/login/callback"]

    /// A login that a program of pages has, and a client with a refresh token.
    private struct Login: Sendable {
        let provider: ProviderFixture
        let browser: ProviderBrowser
        let id: UUID
        let user: UUID
        let refreshToken: String

        init(_ provider: ProviderFixture) async throws {
            let browser = provider.browser
            _ = try await browser.logIn()
            let code = try await provider.code(browser, LoginEndTests.app)
            let reply = try await provider.redeem(
                code,
                ["redirect_uri": "https://app.example.com/login/callback"],
                client: "mobile"
            )
            self.provider = provider
            self.browser = browser
            id = try #require(try reply.claims["sid"]?.string.flatMap(UUID.init(uuidString:)))
            user = try #require(try reply.claims["sub"]?.string.flatMap(UUID.init(uuidString:)))
            refreshToken = try #require(reply.json["refresh_token"]?.string)
        }

        func refresh() async throws -> TokenReply {
            try await provider.token(
                ["grant_type": "refresh_token", "refresh_token": refreshToken],
                client: "mobile",
                secret: ProviderFixture.secret
            )
        }

        func submit(_ action: String, on browser: ProviderBrowser) async throws {
            let page = try await browser.get(action == "/oauth/logout" ? action : "/me")
            // The newest login is the first.
            let form = try #require(page.forms.last { $0.action == action })
            #expect(try await browser.post(form.action, form.fields).status == 303)
        }

        /// A call of the API, by an admin or the user.
        func call(_ path: String, _ body: String? = nil, byAdmin: Bool = true) async throws {
            let fixture = provider.auth
            let who =
                byAdmin
                ? try await fixture.addUser("eve", role: .admin)
                : try #require(try await fixture.users.user(user, in: fixture.database))
            let token = try await fixture.sessions.begin(for: who).accessToken
            let answer = try await RawAnswer.ask(
                provider.port,
                "POST \(path)",
                ["Authorization: Bearer \(token)"] + (body == nil ? [] : ["Content-Type: application/json"]),
                body: body ?? ""
            )
            #expect((200..<300).contains(answer.status), "\(answer.text)")
        }
    }

    private static func end(_ login: Login, _ way: Way) async throws {
        let (provider, auth) = (login.provider, login.provider.auth)
        switch way {
        case .logout: try await login.submit("/oauth/logout", on: login.browser)
        case .end, .endAll:
            let other = provider.browser
            _ = try await other.submit(try await other.get("/login"))
            try await login.submit(way == .end ? "/me/end" : "/me/end-all", on: other)
        case .disable: try await login.call("/v1/users/\(login.user)/disable")
        case .endSessions: try await login.call("/v1/users/\(login.user)/end-sessions")
        case .password:
            try await login.call("/v1/users/\(login.user)/password", #"{"password": "battery staple"}"#)
        case .ownPassword:
            let change = #"{"old_password": "\#(AuthFixture.password)", "new_password": "battery staple"}"#
            try await login.call("/v1/users/me/password", change, byAdmin: false)
        case .replaced:
            _ = try await login.browser.submit(
                try await login.browser.get(ProviderFixture.request(["prompt": "login"]))
            )
        case .idle: auth.clock.advance(by: SSOSession.longestPause)
        case .expired:
            try await auth.database.execute(
                "UPDATE auth.sso_sessions SET last_used_at = \(auth.clock.now + SSOSession.lifetime)"
            )
            auth.clock.advance(by: SSOSession.lifetime)
        case .room:
            try await provider.fill(SSOSessions.most - 1, of: login.user)
            _ = try await provider.browser.logIn()
        case .disabledElsewhere: _ = try await auth.users.disable(login.user, in: auth.database)
        case .endedElsewhere: _ = try await auth.users.endSessions(of: login.user, in: auth.database)
        case .passwordElsewhere:
            _ = try await auth.users.setPassword("battery staple", of: login.user, in: auth.database)
        }
    }

    @Test(arguments: Way.allCases) func itsProgramsAreToldAndItsTokensEndWhoeverEndsIt(_ way: Way) async throws {
        try await LogoutReceiver.serve { provider, receiver in
            let login = try await Login(provider)
            #expect(receiver.clients.isEmpty)
            try await Self.end(login, way)
            try await eventually("the program was told") { receiver.clients.contains("tracker") }
            let told = try receiver.claims(of: "tracker").first
            #expect(told?["sid"]?.string == login.id.uuidString.lowercased())
            let left = try await provider.count(
                "SELECT count(*) FROM auth.sessions WHERE sso_session_id = \(login.id) AND ended_at IS NULL"
            )
            #expect(left == 0)
            let reasons = try await provider.auth.database.query(
                "SELECT end_reason FROM auth.sso_sessions WHERE session_id = \(login.id)"
            ) { try $0.decodeIfPresent(0, as: String.self) }
            #expect(reasons == [way.reason])
            #expect(try await login.refresh().error == "invalid_grant")
            if way != .replaced {
                let silent = try await login.browser.get(ProviderFixture.request(["prompt": "none"]))
                #expect(silent.field(ofLocation: "error") == "login_required")
            }
        }
    }

    /// As after a crash of whoever ended it, or while no keeper is there.
    @Test func aRefreshTokenIsGoodForNothingOnceItsLoginIsOverByTheClock() async throws {
        try await LogoutReceiver.serve(keeps: false) { provider, _ in
            let login = try await Login(provider)
            provider.auth.clock.advance(by: SSOSession.longestPause + .seconds(-1))
            let next = try await login.refresh()
            #expect(next.status == 200)
            provider.auth.clock.advance(by: .seconds(1))
            let token = try #require(next.json["refresh_token"]?.string)
            let late = try await provider.token(
                ["grant_type": "refresh_token", "refresh_token": token],
                client: "mobile",
                secret: ProviderFixture.secret
            )
            #expect(late.error == "invalid_grant")
        }
    }

    @Test(arguments: [false, true]) func aLogoutAfterTwelveHoursOfRestEndsTheLoginAndNamesWhoWasTold(
        _ isAlreadyNoted: Bool
    ) async throws {
        try await LogoutReceiver.serve(keeps: false) { provider, receiver in
            let login = try await Login(provider)
            let form = try #require(try await login.browser.get("/oauth/logout").forms.first)
            provider.auth.clock.advance(by: SSOSession.longestPause)
            if isAlreadyNoted { #expect(try await provider.keeper.sso.endOverdue(most: 10) == 1) }
            try await whileKeeping(provider.keeper) {
                let answer = try await login.browser.post(form.action, form.fields)
                #expect(answer.status == 303)
                #expect(receiver.clients == ["tracker"])
                #expect(login.browser.cookie("__Host-auth-8081") == nil)
                let page = try await login.browser.get(try #require(answer.header("Location")))
                #expect(page.said.contains("You are logged out of Tickets."), "\(page.said)")
            }
            #expect(try await provider.count("SELECT count(*) FROM auth.sessions WHERE ended_at IS NULL") == 0)
        }
    }

    @Test func whoeverAsksToLogOutAfterTwelveHoursIsNotAskedBack() async throws {
        try await LogoutReceiver.serve { provider, receiver in
            let login = try await Login(provider)
            provider.auth.clock.advance(by: SSOSession.longestPause)
            let answer = try await login.browser.get("/oauth/logout")
            #expect(answer.status == 303)
            #expect(receiver.clients == ["tracker"])
        }
    }

    @Test func aUserWhoIsKeptOutByAStatementIsLoggedOutWhenSeen() async throws {
        try await LogoutReceiver.serve { provider, receiver in
            let login = try await Login(provider)
            try await provider.auth.database.execute("UPDATE auth.users SET disabled_at = now()")
            #expect(try await login.browser.get("/me").status == 303)
            try await eventually("the program was told") { receiver.clients == ["tracker"] }
        }
    }
}
