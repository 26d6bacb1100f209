import HTTPKit
import HTTPTypes
import Hummingbird
import Logging
import PageKit
import Synchronization

/// A program with pages behind a login, and its issuer, for as long as a test's body runs.
struct LoginServing: Sendable {
    let issuer: TestIssuer
    let login: OpenIDLogin
    let port: Int
    let clock: StandingTime
    let log: LogLines
    let ended: EndedSessions

    var browser: TestBrowser { TestBrowser(port: port) }

    /// - Parameter patience: How long the issuer may take. Default: as long as the machine likes.
    static func serve(
        isPublic: Bool = false,
        patience: Duration = .seconds(3600),
        roleClaim: String = "role",
        hasEndWithoutIssuer: Bool = false,
        _ conduct: @escaping @Sendable (inout IssuerConduct) -> Void = { _ in },
        _ body: @escaping @Sendable (LoginServing) async throws -> Void
    ) async throws {
        let (clock, log, ended) = (StandingTime(), LogLines(), EndedSessions())
        let issuer = try TestIssuer(clock: clock, isPublic: isPublic)
        try await PageServing.serve({ issuer.add(to: $0) }) { issuerPort, _ async throws in
            issuer.serves(at: issuerPort)
            conduct(&issuer.conduct)
            let settings = try OpenIDSettings(
                issuer: issuer.url,
                clientID: TestIssuer.client,
                clientSecret: isPublic ? nil : TestIssuer.secret,
                publicURL: TestBrowser.publicURL,
                roleClaim: roleClaim
            )
            let login = OpenIDLogin(
                settings,
                program: "perch",
                keys: SecretKeys(SecretKey()),
                hasEndWithoutIssuer: hasEndWithoutIssuer,
                patience: patience,
                logger: Logger(label: "login") { _ in log.handler },
                frame: { PageFrame(program: "Perch") },
                now: { clock.time },
                instant: { clock.instant },
                onEnd: { ended.note($0) }
            )
            try await PageServing.serve({ add(login, to: $0) }) { port, _ async throws in
                try await body(
                    LoginServing(issuer: issuer, login: login, port: port, clock: clock, log: log, ended: ended)
                )
                issuer.conduct.isSlow = false
            }
        }
    }

    private static func add(_ login: OpenIDLogin, to router: Router<PageContext>) {
        router.add(middleware: SecurityHeaders())
        if let hosts = OwnHosts(publicURL: TestBrowser.publicURL) {
            router.add(middleware: OwnOriginCheck(hosts, exempt: OpenIDLogin.programPaths))
        }
        login.add(to: router)
        router.get("/page") { request, _ in
            let session = try await login.current(of: request)
            let person = session.person
            let notice = session.notice == nil ? "" : " late"
            return "\(person.name) is \(person.subject) \(person.roles) \(person.issuerSession ?? "-")\(notice)"
        }
        router.post("/change") { request, _ in
            _ = try await login.current(of: request)
            return "changed"
        }
        router.get("/logout-form") { request, _ in
            let session = try await login.current(of: request)
            let form = login.logoutForm(of: session.id)
            return Page(PageFrame(program: "P"), heading: "H", body: form.html).response()
        }
    }
}

/// The sessions that have ended.
final class EndedSessions: Sendable {
    private let ids = Mutex<[String]>([])
    var all: [String] { ids.withLock(\.self) }
    func note(_ id: String) { ids.withLock { $0.append(id) } }
}

/// What was logged.
final class LogLines: Sendable {
    private let lines = Mutex<[String]>([])
    var text: String { lines.withLock { $0.joined(separator: "\n") } }
    fileprivate func add(_ line: String) { lines.withLock { $0.append(line) } }

    var handler: any LogHandler { Handler(lines: self) }

    private struct Handler: LogHandler {
        let lines: LogLines
        var metadata: Logger.Metadata = [:]
        var logLevel = Logger.Level.trace

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }

        func log(event: LogEvent) {
            lines.add("\(event.level) \(event.message) \(event.metadata ?? [:])")
        }
    }
}
