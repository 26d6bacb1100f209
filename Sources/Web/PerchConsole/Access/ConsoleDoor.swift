import Logging
import PageKit
import ServiceLifecycle

/// Where a console is reached, and how people come in.
struct ConsoleDoor: Sendable {
    let login: any ConsoleLogin
    /// What runs beside the pages; nil: nothing.
    let service: (any Service)?
    let hosts: OwnHosts
    /// What is printed for people to open, by the port that is served.
    let address: @Sendable (_ port: Int) -> String

    /// - Throws: `InvalidConsoleSetting`.
    init(
        _ settings: ConsoleSettings,
        _ keys: SecretKeys,
        _ board: LiveBoard,
        _ logger: Logger
    ) throws(InvalidConsoleSetting) {
        let frame = ConsoleFrame.bare(settings)
        if let issuer = settings.issuer {
            let known = try issuer.settings()
            guard let hosts = OwnHosts(publicURL: known.publicURL) else {
                throw InvalidConsoleSetting(description: "public_url: expected https://HOST; found \(issuer.publicURL)")
            }
            let opened = OpenIDLogin(
                known,
                program: "perch",
                keys: keys,
                logger: logger,
                frame: { frame },
                onEnd: { await board.end(session: $0) }
            )
            login = IssuerLogin(login: opened, issuer: issuer, frame: frame)
            (service, self.hosts) = (opened, hosts)
            address = { _ in known.publicURL }
            return
        }
        guard ["127.0.0.1", "::1", "localhost"].contains(settings.host) else {
            throw InvalidConsoleSetting(
                description: """
                    host: expected 127.0.0.1, ::1 or localhost, for nobody logs in by name where no issuer is set; found \(settings.host). \
                    Set issuer, client_id and public_url in console: of the context
                    """
            )
        }
        let standalone = StandaloneLogin(
            name: settings.operatorName,
            role: settings.tokenRole,
            port: settings.port,
            keys: keys,
            frame: frame
        )
        (login, service, hosts) = (standalone, nil, OwnHosts(loopbackPort: settings.port))
        let host = settings.host.contains(":") ? "[\(settings.host)]" : settings.host
        address = { "http://\(host):\($0)/?token=\(standalone.token)" }
    }
}
