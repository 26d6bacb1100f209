/// How the services reach the private servers, each as its own role and nothing more.
struct DevEnvironment {
    struct ServiceSecrets {
        let owner: String
        let app: String
        let relay: String?
        let worker: String?
    }

    let redisPort: Int
    let postgresPort: Int
    let streams: String
    var inspector = ""
    var auditor = ""
    var services: [String: ServiceSecrets] = [:]

    /// The settings of one service's processes.
    func of(service: String) -> [String: String] {
        guard let secrets = services[service] else { return [:] }
        let prefix = service.uppercased()
        let relay = secrets.relay.map { "redis://relay-\(service):\($0)@127.0.0.1:\(redisPort)" }
        let worker = secrets.worker.map { "redis://worker-\(service):\($0)@127.0.0.1:\(redisPort)" }
        var settings = [
            "STREAMS_DIR": streams,
            "\(prefix)_DATABASE_URL": database(service, user: "\(service)_app", password: secrets.app),
            "\(prefix)_DATABASE_OWNER_URL": database(service, user: "\(service)_owner", password: secrets.owner),
        ]
        settings["RELAY_REDIS_URL"] = relay
        settings["REDIS_URL"] = worker ?? relay
        return settings
    }

    /// A service's database as its app role.
    func databaseURL(_ service: String) -> String {
        database(service, user: "\(service)_app", password: services[service]?.app ?? "")
    }

    /// The auditor's way to the views of a service.
    func auditorURL(_ service: String) -> String { database(service, user: "auditor", password: auditor) }

    private func database(_ name: String, user: String, password: String) -> String {
        "postgresql://\(user):\(password)@127.0.0.1:\(postgresPort)/\(name)"
    }

    /// What a person needs to look for oneself.
    var addresses: String {
        """

        Redis     127.0.0.1:\(redisPort)   look for yourself, as a user who can change nothing:
                  export REDISCLI_AUTH=\(inspector)
                  redis-cli -p \(redisPort) --user inspector XINFO STREAM tickets:0
                  redis-cli -p \(redisPort) --user inspector XINFO GROUPS tickets:0
                  redis-cli -p \(redisPort) --user inspector XRANGE tickets:0 - + COUNT 2
        Postgres  127.0.0.1:\(postgresPort)   the views for auditors and reports, read-only:
                  psql "\(auditorURL("accounting"))" -c 'SELECT * FROM reporting.ledger LIMIT 5'
                  psql "\(auditorURL("tracker"))" -c 'SELECT * FROM reporting.tickets LIMIT 5'
                  psql "\(auditorURL("analytics"))" -c 'SELECT * FROM reporting.earnings'

        """
    }
}
