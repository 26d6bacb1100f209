import Foundation
import LocalServers
import Perch

/// The private Redis and Postgres, with the roles and rights of `ops/`.
final class DevServers {
    private let site: DevSite
    private let redis: LocalRedis
    private let postgres: LocalPostgres
    private let redisAdmin: String
    private var secrets: DevSecrets
    private var ports: [String: Int] = [:]

    /// Each has a database, roles, and processes of its own.
    static let services = ["auth", "tracker", "accounting", "analytics"]

    init(site: DevSite, redisPort: Int?, postgresPort: Int?, httpPort: Int?) throws {
        self.site = site
        var secrets = try DevSecrets(path: site.path("passwords"))
        redisAdmin = try secrets.password("default")
        let superuser = try secrets.password("postgres")
        // Adds the passwords of Redis's users to the same file, so ours are in it before.
        let acl = try Self.accessRules(site: site, admin: redisAdmin)
        redis = try LocalRedis(
            folder: site.path("redis"),
            port: try redisPort ?? Self.port(6390),
            password: redisAdmin,
            settings: ["aclfile": acl]
        )
        postgres = try LocalPostgres(
            folder: site.postgresFolder(),
            port: try postgresPort ?? Self.port(5490),
            authentication: .password(superuser)
        )
        self.secrets = try DevSecrets(path: site.path("passwords"))
        for (index, service) in Self.services.enumerated() {
            ports[service] = try httpPort.map { $0 + index } ?? Self.port(8081 + index)
        }
    }

    func start() throws {
        print("dev: starting Postgres on port \(postgres.port)")
        try postgres.start()
        print("dev: starting Redis on port \(redis.port)")
        try redis.start()
    }

    func stop() {
        redis.stop()
        postgres.stop()
    }

    /// Makes databases and roles, and says how each service reaches its own.
    func prepare() throws -> DevEnvironment {
        try makeRoles()
        var environment = DevEnvironment(
            redisPort: redis.port,
            postgresPort: postgres.port,
            streams: site.streams,
            mails: site.path("mails"),
            ports: ports,
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
        return environment
    }

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
    private static func port(_ usual: Int) throws -> Int {
        isFree(port: usual) ? usual : try freePort()
    }
}
