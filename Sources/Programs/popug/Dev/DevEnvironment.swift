import PopugEvents

/// How the services reach the private servers, each as its own role and nothing more.
struct DevEnvironment {
    struct ServiceSecrets {
        let owner: String
        let app: String
        let relay: String?
        let worker: String?
    }

    let redis: DevRedis.Way
    let postgresPort: Int
    /// The file of the CA whose certificate Postgres shows; nil where there is no TLS.
    let postgresAuthority: String?
    let streams: String
    let mails: String
    /// Where each service serves HTTP.
    var ports: [String: Int] = [:]
    /// Where browsers reach each program, with `PROGRAM` in the place of its name; nil: at its port.
    var publicURL: String?
    /// Of the demo users and the office's employees.
    var password = ""
    var inspector = ""
    var operatorPassword = ""
    var auditor = ""
    var services: [String: ServiceSecrets] = [:]
    /// The programs with pages, and by which secret auth knows each.
    var clients: [DevClient] = []
    /// The file of them, for auth.
    var clientsFile = ""

    /// The settings of one service's processes.
    func of(service: String) -> [String: String] {
        guard let secrets = services[service] else { return [:] }
        let prefix = service.uppercased()
        let relay = secrets.relay.map { redis.url(user: "relay-\(service)", password: $0) }
        let worker = secrets.worker.map { redis.url(user: "worker-\(service)", password: $0) }
        var settings = [
            "STREAMS_DIR": streams,
            "\(prefix)_DATABASE_URL": database(service, user: "\(service)_app", password: secrets.app),
            "\(prefix)_DATABASE_OWNER_URL": database(service, user: "\(service)_owner", password: secrets.owner),
        ]
        for (name, port) in ports where name != "console" {
            settings["\(name.uppercased())_PORT"] = String(port)
        }
        settings["AUTH_ISSUER_URL"] = publicAddress("auth")
        settings["AUTH_INTERNAL_URL"] = address("auth")
        // Whoever is in front is on this machine.
        settings["TRUSTED_PROXIES"] = publicURL == nil ? "" : "127.0.0.1/32"
        if service == "auth" { settings["AUTH_CLIENTS"] = clientsFile }
        for client in clients {
            settings["\(client.program.uppercased())_PUBLIC_URL"] = client.address
            if client.program == service { settings["\(prefix)_CLIENT_SECRET"] = client.secret }
        }
        settings["MAIL_DIR"] = mails
        // Whatever this terminal has set: nobody is to get a mail of a system that is tried out.
        settings["SMTP_URL"] = ""
        // Into files that people read.
        settings["LOG_FORMAT"] = "text"
        settings["PASSWORD_COST"] = String(DevPeople.passwordCost)
        settings["RELAY_REDIS_URL"] = relay
        settings["REDIS_URL"] = worker ?? relay
        return settings
    }

    /// The settings of the office: nothing but addresses and a login.
    var ofOffice: [String: String] {
        [
            "AUTH_ISSUER_URL": address("auth"), "TRACKER_PORT": String(ports["tracker"] ?? 0),
            "OFFICE_EMAIL": DevPeople.email(.admin), "OFFICE_PASSWORD": password,
        ]
    }

    /// Where browsers reach a program.
    func publicAddress(_ program: String) -> String {
        publicURL?.replacing("PROGRAM", with: program) ?? address(program)
    }

    /// `http://127.0.0.1:8082`
    func address(_ service: String) -> String { "http://127.0.0.1:\(ports[service] ?? 0)" }

    /// A service's database as the role that owns its schema.
    func ownerURL(_ service: String) -> String {
        database(service, user: "\(service)_owner", password: services[service]?.owner ?? "")
    }

    /// A service's database as its app role.
    func databaseURL(_ service: String) -> String {
        database(service, user: "\(service)_app", password: services[service]?.app ?? "")
    }

    /// The auditor's way to the views of a service.
    func auditorURL(_ service: String) -> String { database(service, user: "auditor", password: auditor) }

    private func database(_ name: String, user: String, password: String) -> String {
        let verified = postgresAuthority.map { "?sslmode=verify-full&sslrootcert=\($0)" } ?? ""
        return "postgresql://\(user):\(password)@127.0.0.1:\(postgresPort)/\(name)\(verified)"
    }

    /// An admin's login, as a shell takes it.
    private var login: String { "'{\"email\": \"\(DevPeople.email(.admin))\", \"password\": \"\(password)\"}'" }
    private var extract: String { "sed -E 's/.*\"access_token\":\"([^\"]+)\".*/\\1/'" }

    /// What a person needs to look for oneself.
    var addresses: String {
        """

        Open        \(publicAddress("tracker"))
                    log in as employee@popug.example, manager@…, accountant@… or admin@popug.example, password \(password);
                    one login for all pages, those below too

        auth        \(address("auth"))   for programs, as employee, manager, accountant or admin @popug.example:
                    export TOKEN=$(curl -s \(address("auth"))/v1/sessions -H 'Content-Type: application/json' -d \(login) | \(extract))
        tracker     \(address("tracker"))   curl -s \(address("tracker"))/v1/tickets?limit=2 -H "Authorization: Bearer $TOKEN"
        accounting  \(address("accounting"))   curl -s \(address("accounting"))/v1/accounts -H "Authorization: Bearer $TOKEN"
        analytics   \(address("analytics"))   curl -s \(address("analytics"))/v1/employees/below-zero -H "Authorization: Bearer $TOKEN"
                    each: /openapi.json, /health/ready, /metrics; mails: \(mails)

        Redis     \(redis.place)   look for yourself, as a user who can change nothing:
                  export REDISCLI_AUTH=\(inspector)
                  \(redis.cli) --user inspector XINFO STREAM tickets:0
                  \(redis.cli) --user inspector XINFO GROUPS tickets:0
                  \(redis.cli) --user inspector XRANGE tickets:0 - + COUNT 2
        Postgres  127.0.0.1:\(postgresPort)   the views for auditors and reports, read-only:
                  psql "\(auditorURL("accounting"))" -c 'SELECT * FROM reporting.ledger LIMIT 5'
                  psql "\(auditorURL("tracker"))" -c 'SELECT * FROM reporting.tickets LIMIT 5'
                  psql "\(auditorURL("analytics"))" -c 'SELECT * FROM reporting.earnings'

        """
    }
}
