import Logging
import Postgres

/// The advisory lock under which the migrations of a database run, one program at a time.
struct MigrationLock {
    let key: Int64
    let connection: PostgresConnection

    /// Takes it, however long that takes; where it has to wait, the log says who has it.
    func take(_ logger: Logger) throws {
        let isTaken = try connection.query("SELECT pg_try_advisory_lock(\(key)) AS taken") {
            try $0.decode("taken", as: Bool.self)
        }
        if isTaken == [true] { return }
        let holder = try holder() ?? "unknown: it has just ended"
        logger.notice(
            "waiting for another program's migrations to end",
            metadata: Logger.Metadata([.holder: "\(holder)"])
        )
        try connection.transaction { tx in
            // The role's limits are for locks on tables. The lock itself is the session's, and outlasts the transaction.
            try tx.execute("SET LOCAL lock_timeout = 0")
            try tx.execute("SET LOCAL statement_timeout = 0")
            try tx.execute("SELECT pg_advisory_lock(\(key))")
        }
    }

    /// What everybody may see of the session that has it. Where it began is shown to members of its role only.
    private func holder() throws -> String? {
        try connection.query(
            """
            SELECT 'pid ' || a.pid || coalesce(' of ' || nullif(a.usename, ''), '')
                || coalesce(', ' || nullif(a.application_name, ''), '')
                || coalesce(' at ' || host(a.client_addr), '')
                || coalesce(', since ' || to_char(a.state_change AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'), '')
                AS holder
            FROM pg_locks l JOIN pg_stat_activity a USING (pid)
            WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 1
                AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
                AND l.classid::bigint = \(key >> 32) AND l.objid::bigint = \(key & 0xFFFF_FFFF)
            """
        ) { try $0.decode("holder", as: String.self) }.first
    }
}
