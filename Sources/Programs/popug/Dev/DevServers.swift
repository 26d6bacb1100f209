import Foundation
import LocalServers
import Perch

/// The private Redis and Postgres, with the roles and rights of `ops/`.
final class DevServers {
    /// What is started.
    struct Choice {
        var redisPort: Int?
        var postgresPort: Int?
        /// Of the first service; the others have the next ones.
        var httpPort: Int?
        var consolePort: Int?
        /// Where browsers reach each program, by a proxy; nil: at its port.
        var publicURL: String?
        /// Three masters of a Redis Cluster instead of one Redis.
        var isCluster = false
        /// Redis and Postgres are spoken to through TLS, and their certificates are verified.
        var hasTLS = false
    }

    private let site: DevSite
    private let choice: Choice
    private let tls: LocalTLS?
    private var redis: DevRedis?
    private let postgres: LocalPostgres
    private let redisAdmin: String
    private let redisRules: String
    private var secrets: DevSecrets
    private var ports: [String: Int] = [:]

    /// Each has a database, roles, and processes of its own.
    static let services = ["auth", "tracker", "accounting", "analytics"]

    init(site: DevSite, _ choice: Choice) throws {
        (self.site, self.choice) = (site, choice)
        tls = choice.hasTLS ? try LocalTLS(LocalCertificateAuthority(name: "popug dev")) : nil
        var secrets = try DevSecrets(path: site.path("passwords"))
        redisAdmin = try secrets.password("default")
        let superuser = try secrets.password("postgres")
        // Adds the passwords of Redis's users to the same file, so ours are in it before.
        redisRules = try Self.accessRules(site: site, admin: redisAdmin)
        postgres = try LocalPostgres(
            folder: site.postgresFolder(),
            port: try choice.postgresPort ?? Self.port(5490),
            authentication: .password(superuser),
            tls: tls
        )
        self.secrets = try DevSecrets(path: site.path("passwords"))
        for (index, service) in Self.services.enumerated() {
            ports[service] = try choice.httpPort.map { $0 + index } ?? Self.port(8081 + index)
        }
        ports["console"] = try choice.consolePort ?? Self.port(8080)
    }

    /// Starts them, makes databases and roles, and says how each service reaches its own.
    func start() throws -> DevEnvironment {
        print("dev: starting Postgres on port \(postgres.port)")
        try postgres.start()
        let redis = try DevRedis(
            site: site,
            port: choice.redisPort,
            isCluster: choice.isCluster,
            tls: tls,
            admin: redisAdmin,
            rules: redisRules
        )
        self.redis = redis
        return try prepare(redis)
    }

    func stop() {
        redis?.stop()
        postgres.stop()
    }

    private func prepare(_ redis: DevRedis) throws -> DevEnvironment {
        try makeRoles()
        var environment = DevEnvironment(
            redis: redis.way(authority: tls?.authority),
            postgresPort: postgres.port,
            postgresAuthority: tls?.authority.certificate,
            streams: site.streams,
            mails: site.path("mails"),
            ports: ports,
            publicURL: choice.publicURL,
            password: try secrets.password("people")
        )
        environment.inspector = try secrets.password("inspector")
        environment.operatorPassword = try secrets.password("operator")
        environment.auditor = try secrets.password("auditor")
        for service in Self.services {
            environment.services[service] = DevEnvironment.ServiceSecrets(
                owner: try secrets.password("\(service)_owner"),
                app: try secrets.password("\(service)_app"),
                // Analytics publishes nothing and has no relay.
                relay: service == "analytics" ? nil : try secrets.password("relay-\(service)"),
                // Auth reads no topic and has no workers.
                worker: service == "auth" ? nil : try secrets.password("worker-\(service)")
            )
        }
        environment.clients = try Self.programs.map { program, name in
            DevClient(
                program: program,
                name: name,
                address: environment.publicAddress(program),
                internalAddress: environment.address(program),
                secret: try secrets.password("client-\(program)")
            )
        }
        environment.clientsFile = site.path("clients.yaml")
        try PrivateFile.write(DevClient.file(of: environment.clients), to: environment.clientsFile)
        return environment
    }

    /// Those with pages, and their names.
    private static let programs = [
        ("tracker", "tickets"), ("accounting", "accounts"), ("analytics", "analytics"), ("console", "the console"),
    ]

    /// The views are there once the services are migrated.
    func openViewsToAuditor() throws { try makeRoles() }

    private func makeRoles() throws {
        var variables: [(String, String)] = [("auditor_password", try secrets.password("auditor"))]
        for service in Self.services {
            variables.append(("\(service)_owner_password", try secrets.password("\(service)_owner")))
            variables.append(("\(service)_app_password", try secrets.password("\(service)_app")))
        }
        let file = site.path("passwords.psql")
        let text = variables.map { "\\set \($0.0) '\($0.1)'\n" }.joined()
        try PrivateFile.write(text, to: file)
        defer { try? FileManager.default.removeItem(atPath: file) }
        try ChildProcess.runToEnd(
            program: "/usr/bin/env",
            ["psql", "-X", "-q", "-f", file, "-f", site.operations + "/postgres/roles.sql", postgres.url()],
            ["PGPASSWORD": try secrets.password("postgres")],
            log: site.log("psql")
        )
    }

    /// Redis's users by `ops/redis`. The default user is ours here, to start, look and stop; no service knows it.
    private static func accessRules(site: DevSite, admin: String) throws -> String {
        let made = try Program.run([site.operations + "/redis/make-acl", site.path("passwords")])
        let rules = made.split(whereSeparator: \.isNewline).map { line in
            line.hasPrefix("user default ") ? "user default on >\(admin) ~* &* +@all" : String(line)
        }
        let path = site.path("users.acl")
        try PrivateFile.write(rules.joined(separator: "\n") + "\n", to: path)
        return path
    }

    /// The usual port, or a free one where somebody else has it.
    static func port(_ usual: Int) throws -> Int {
        isFree(port: usual) ? usual : try freePort()
    }
}
