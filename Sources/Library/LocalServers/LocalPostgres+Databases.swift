import Synchronization

extension LocalPostgres {
    /// One cluster for all tests of this process, without fsync, started by the first who asks.
    ///
    /// It ends with the process, and its folder is removed. Each test makes a database of its own in it.
    /// - Throws: `LocalServerError`; the next call tries again.
    public static func shared() throws(LocalServerError) -> LocalPostgres {
        try sharedCluster.withLock { cluster throws(LocalServerError) in
            if let cluster { return cluster }
            // Tests run side by side, as many as the machine likes, each with pools of its own.
            let started = try LocalPostgres(fsync: false, settings: ["max_connections": "1000"])
            try started.start()
            cluster = started
            return started
        }
    }

    /// Makes an empty database.
    /// - Parameters:
    ///   - name: default: a new name at each call.
    ///   - owner: an existing role; default: the superuser.
    ///   - template: the name of a database that it is made a copy of, with all its rows. Nobody may be connected to that one: who
    ///     has just left it is waited for. Default: none, it is empty.
    /// - Returns: its URL, for the superuser.
    /// - Throws: `LocalServerError` when it exists or the server does not run.
    public func createDatabase(
        _ name: String? = nil,
        owner: String? = nil,
        template: String? = nil
    ) throws(LocalServerError) -> String {
        let name = name ?? "test_\(String(UInt64.random(in: .min ... .max), radix: 36))"
        let ownerClause = owner.map { " OWNER \(quoted($0))" } ?? ""
        let templateClause = template.map { " TEMPLATE \(quoted($0))" } ?? ""
        try psql("CREATE DATABASE \(quoted(name))\(ownerClause)\(templateClause)")
        return url(database: name)
    }

    /// Removes a database with all its rows, and cuts off who is connected to it. Harmless where there is none.
    /// - Throws: `LocalServerError` when the server does not run.
    public func dropDatabase(_ name: String) throws(LocalServerError) {
        try psql("DROP DATABASE IF EXISTS \(quoted(name)) WITH (FORCE)")
    }

    /// `postgresql://USER[:PASSWORD]@127.0.0.1:PORT/DATABASE`
    /// - Parameters:
    ///   - user: default: the superuser, with its password if there is one.
    ///   - password: needed for another user of a cluster with passwords.
    public func url(database: String = "postgres", user: String? = nil, password: String? = nil) -> String {
        let own = user == nil || user == superuser ? superuserPassword : nil
        let secret = (password ?? own).map { ":\(percentEncoded($0))" } ?? ""
        let name = percentEncoded(user ?? superuser)
        return "postgresql://\(name)\(secret)@127.0.0.1:\(port)/\(percentEncoded(database))"
    }

    /// The folder of the Unix socket, as libpq's `host`; nil where the path is too long for a socket.
    public var socketFolder: String? {
        folder.socket(".s.PGSQL.00000.lock") == nil ? nil : folder.path
    }

    /// A schema of a database as SQL, as `pg_dump` of the server's version writes it: without owners, rights and rows, and without
    /// what pg_dump says of itself. The same schema gives the same text.
    /// - Throws: `LocalServerError` with what pg_dump said.
    public func definition(ofSchema schema: String, database: String) throws(LocalServerError) -> String {
        let dump = try Program.run(
            [
                binaries.dump, "--schema-only", "--no-owner", "--no-privileges", "--schema", schema, "-h", "127.0.0.1",
                "-p", String(port), "-U", superuser, "-d", database, "-w",
            ],
            environment: superuserPassword.map { ["PGPASSWORD": $0] } ?? [:]
        )
        let noise = ["--", "SET ", "SELECT pg_catalog.set_config", "\\restrict", "\\unrestrict"]
        let lines = dump.split(separator: "\n").filter { line in !noise.contains { line.hasPrefix($0) } }
        return lines.joined(separator: "\n") + "\n"
    }

    /// Runs SQL as the superuser with `psql`: an eye that shares no code with the client under test.
    /// - Parameters:
    ///   - sql: one statement or several; several are one transaction.
    ///   - database: default: `postgres`.
    /// - Returns: the rows, one a line, columns separated by `|`, without a header.
    /// - Throws: `LocalServerError` with what psql said.
    @discardableResult
    public func psql(_ sql: String, database: String = "postgres") throws(LocalServerError) -> String {
        try Program.run(
            [
                binaries.psql, "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-h", "127.0.0.1", "-p", String(port),
                "-U", superuser, "-d", database, "-w", "-c", sql,
            ],
            environment: superuserPassword.map { ["PGPASSWORD": $0] } ?? [:]
        )
    }

    var superuserPassword: String? {
        switch authentication {
        case .trust: nil
        case .password(let password): password
        }
    }

    /// Written here again: this target shares no code with the client that is tested by it.
    private func quoted(_ identifier: String) -> String {
        "\"\(identifier.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\""))\""
    }
}

private let sharedCluster = Mutex<LocalPostgres?>(nil)
