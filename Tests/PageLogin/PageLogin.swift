import Foundation
import HTTPKit
import HTTPTypes
import Hummingbird
import Logging
import PageKit
import ServiceLifecycle
import UnixSignals

/// Serves a page behind a login, on a port of this machine, until it is ended: for `ops/check-login`. It prints `serving` when it does.
///
///     page-login PORT ISSUER CLIENT_ID [SECRET]
@main
enum PageLogin {
    static func main() async throws {
        let arguments = CommandLine.arguments
        guard (4...5).contains(arguments.count), let port = Int(arguments[1]) else {
            FileHandle.standardError.write(Data("page-login PORT ISSUER CLIENT_ID [SECRET]\n".utf8))
            exit(64)
        }
        let settings = try OpenIDSettings(
            issuer: arguments[2],
            clientID: arguments[3],
            clientSecret: arguments.count == 5 ? arguments[4] : nil,
            publicURL: "http://127.0.0.1:\(port)"
        )
        let logger = Logger(label: "page-login")
        let frame = PageFrame(program: "Login")
        let login = OpenIDLogin(
            settings,
            program: "sample",
            keys: SecretKeys(SecretKey()),
            // A busy machine is not what is looked at.
            patience: .seconds(3600),
            logger: logger,
            frame: { frame }
        )
        let hosts = OwnHosts(loopbackPort: port)
        let router = Router(context: PageContext.self)
        router.add(middleware: SecurityHeaders())
        router.add(middleware: HostCheck(hosts, exempt: OpenIDLogin.programPaths))
        router.add(middleware: OwnOriginCheck(hosts, exempt: OpenIDLogin.programPaths))
        Assets.shared.add(to: router)
        login.add(to: router)
        router.get("/") { request, _ in
            let session = try await login.current(of: request)
            var frame = frame
            let roles = session.person.roles.joined(separator: " ")
            frame.person = PageFrame.Person(
                session.person.name,
                role: roles,
                to: "/",
                logout: login.logoutForm(of: session.id)
            )
            let query = request.uri.query ?? ""
            return Page(frame, heading: "Who you are", body: "\(session.person.subject), asked for \(query)").response()
        }
        let server = EdgeServer(router: router, host: "127.0.0.1", port: port, logger: logger) { _ in
            FileHandle.standardOutput.write(Data("serving\n".utf8))
        }
        let group = ServiceGroup(
            services: [server, login],
            gracefulShutdownSignals: [.sigterm, .sigint],
            logger: logger
        )
        try await group.run()
    }
}
