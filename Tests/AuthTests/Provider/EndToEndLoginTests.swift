import Foundation
import HTTPKit
import HTTPTesting
import Hummingbird
import PageKit
import Perch
import PopugEvents
import Postgres
import ServiceKit
import ServiceTesting
import StrictJSON
import Testing

@testable import Auth

/// The login of PageKit, which the console and the services have, at auth as it is served.
@Suite("a program of pages and auth") struct EndToEndLoginTests {
    /// Both as a browser sees them.
    private struct Both: Sendable {
        let auth: AuthFixture
        let login: OpenIDLogin
        let browser: SiteBrowser
        let pages: Int
        let provider: Int

        /// From a page of the program to the form of auth.
        func ask() async throws -> RawAnswer {
            try await browser.follow(try await browser.get(pages, "/page"), from: pages)
        }

        /// The form, filled; and on to the page.
        func enter(_ form: RawAnswer) async throws -> RawAnswer {
            let shown = try #require(form.forms.first, "\(form.text)")
            let fields = shown.with("email", "ann@x.org").with("password", AuthFixture.password).fields
            return try await browser.follow(
                try await browser.post(provider, shown.action, fields),
                from: provider
            )
        }
    }

    private static func serve(_ body: @escaping @Sendable (Both) async throws -> Void) async throws {
        let auth = try AuthFixture()
        try await auth.addUser("ann", role: .manager)
        try await withFreePort { pagesPort in
            try await withFreePort { authPort in
                let issuer = try #require(Issuer("http://127.0.0.1:\(authPort)"))
                let address = "http://127.0.0.1:\(pagesPort)"
                let clients = try OpenIDClients(
                    yaml: """
                        clients:
                          tracker:
                            name: Tickets
                            secret: \(ProviderFixture.secret)
                            redirect_uris: [\(address)/login/callback]
                            post_logout_redirect_uris: [\(address)/logout/done]
                            backchannel_logout_uri: \(address)/logout/backchannel
                        """
                )
                let clock = auth.clock
                let server = Auth.server(
                    database: auth.database,
                    hasher: auth.hasher,
                    issuer: issuer,
                    clients: clients,
                    pace: .patient,
                    logger: .silent,
                    now: auth.now,
                    instant: { clock.instant }
                )
                let login = OpenIDLogin(
                    try OpenIDSettings(
                        issuer: issuer.description,
                        clientID: "tracker",
                        clientSecret: ProviderFixture.secret,
                        publicURL: address
                    ),
                    program: "tracker",
                    keys: SecretKeys(SecretKey()),
                    patience: .seconds(3600),
                    logger: .silent,
                    frame: { PageFrame(program: "Tickets") },
                    now: { clock.now },
                    instant: { clock.instant }
                )
                try await whileKeeping(server.keeper) {
                    try await whileServing(server.api, verifier: auth.verifier, on: authPort) {
                        try await whileServingPages(on: pagesPort, { add(login, to: $0, address) }) { _ in
                            try await body(
                                Both(
                                    auth: auth,
                                    login: login,
                                    browser: SiteBrowser(),
                                    pages: pagesPort,
                                    provider: authPort
                                )
                            )
                        }
                    }
                }
            }
        }
    }

    private static func add(_ login: OpenIDLogin, to router: Router<PageContext>, _ address: String) {
        router.add(middleware: SecurityHeaders())
        if let hosts = OwnHosts(publicURL: address) {
            router.add(middleware: OwnOriginCheck(hosts, exempt: OpenIDLogin.programPaths))
        }
        login.add(to: router)
        router.get("/page") { request, _ in
            let session = try await login.current(of: request)
            let form = login.logoutForm(of: session.id)
            let words = "\(session.person.name) is \(session.person.roles.joined(separator: "+"))"
            return Page(PageFrame(program: "Tickets"), heading: words, body: form.html).response()
        }
    }

    @Test func aPersonLogsInOnceAndIsWhomAuthSays() async throws {
        try await Self.serve { both in
            let form = try await both.ask()
            #expect(form.said.contains("to go on to Tickets"))
            let page = try await both.enter(form)
            #expect(page.status == 200, "\(page.text)")
            #expect(page.said.contains("ann is manager"))
            #expect(try await both.browser.get(both.pages, "/page").said.contains("ann is manager"))
        }
    }

    @Test func afterFifteenMinutesTheLoginIsRenewedUnseenWithTheRoleOfThen() async throws {
        try await Self.serve { both in
            _ = try await both.enter(try await both.ask())
            try await both.auth.database.execute("UPDATE auth.users SET role = 'accountant'")
            #expect(try await both.browser.get(both.pages, "/page").said.contains("ann is manager"))
            both.auth.clock.advance(by: .seconds(900))
            let due = try await both.browser.get(both.pages, "/page")
            #expect(due.status == 303)
            let page = try await both.browser.follow(due, from: both.pages)
            #expect(page.said.contains("ann is accountant"))
        }
    }

    @Test func whoIsKeptOutIsShownTheFormWithinFifteenMinutes() async throws {
        try await Self.serve { both in
            _ = try await both.enter(try await both.ask())
            try await both.auth.database.execute("UPDATE auth.users SET disabled_at = now()")
            both.auth.clock.advance(by: .seconds(900))
            let page = try await both.ask()
            #expect(page.said.contains("to go on to Tickets"))
        }
    }

    @Test func loggingOutEndsBoth() async throws {
        try await Self.serve { both in
            let page = try await both.enter(try await both.ask())
            let logout = try #require(page.forms.first { $0.action == "/logout" })
            // One button: auth knows by the ID token which login is meant, and does not ask.
            let left = try await both.browser.post(both.pages, logout.action, logout.fields)
            let done = try await both.browser.follow(left, from: both.pages)
            #expect(done.said.contains("You are logged out of Tickets."))
            #expect(done.link("Back to Tickets") == "http://127.0.0.1:\(both.pages)/logout/done")
            #expect(try await both.ask().said.contains("to go on to Tickets"))
        }
    }

    @Test func aLogoutAtAuthEndsTheSessionOfTheProgram() async throws {
        try await Self.serve { both in
            _ = try await both.enter(try await both.ask())
            let form = try #require(try await both.browser.get(both.provider, "/oauth/logout").forms.first)
            let answer = try await both.browser.post(both.provider, form.action, form.fields)
            #expect(answer.status == 303)
            #expect(try await both.browser.get(both.pages, "/page").header("Location")?.hasPrefix("/login") == true)
        }
    }
}
