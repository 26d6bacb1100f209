import Foundation
import Postgres

/// Which of the relays of the same topics is the active one: it has an advisory lock, by its session.
///
/// It saves work and nothing depends on it: the others only do not look into the outbox. Relays whose contracts have other topics
/// have another lock, so that each topic of either has an active relay.
package struct RelayLeadership {
    /// The first numbers of its advisory locks, each with the topics as the second: of those that run, and of the one that is active.
    package static let running: Int32 = 0x7065_7201
    package static let active: Int32 = 0x7065_7202

    private let connection: PostgresConnection
    private let owner: String
    private let serves: Int32
    private let silence: Duration
    private var isAnnounced = false

    /// - Parameter silence: How long the active relay may send nothing until its session is ended: it is frozen, and would keep
    ///   the lock.
    init(connection: PostgresConnection, sources: [TopicName: String], silence: Duration) {
        self.connection = connection
        owner = sources.values.min() ?? ""
        serves = Int32(bitPattern: CRC32.checksum(sources.keys.map(\.rawValue).sorted().joined(separator: " ")))
        self.silence = silence
    }

    /// Whether the session's relay is the active one, as long as the session lasts.
    mutating func lead() throws -> Bool {
        if !isAnnounced {
            try announce()
            isAnnounced = true
        }
        let isActive = try connection.query("SELECT pg_try_advisory_lock(\(Self.active), \(serves)) AS taken") {
            try $0.decode("taken", as: Bool.self)
        }
        if isActive == [true] { return true }
        try endSilent()
        return false
    }

    /// Whether another session has the lock of those that run.
    func hasStandby() throws -> Bool {
        let found = try connection.query(
            """
            SELECT EXISTS (
                SELECT FROM \(raw: Self.locks)
                WHERE l.granted AND l.classid::bigint = \(Int64(Self.running))
                    AND l.objid::bigint = \(Int64(UInt32(bitPattern: serves))) AND l.pid <> pg_backend_pid()
            ) AS found
            """
        ) { try $0.decode("found", as: Bool.self) }
        return found == [true]
    }

    /// First the lock: a row without it is taken for left over.
    private func announce() throws {
        try connection.execute("SELECT pg_advisory_lock_shared(\(Self.running), \(serves))")
        try connection.execute(
            "DELETE FROM perch.relays r WHERE NOT EXISTS (SELECT FROM \(raw: Self.locks) WHERE l.pid = r.backend_pid)"
        )
        try connection.execute(
            """
            INSERT INTO perch.relays (backend_pid, owner, host, pid, serves)
            VALUES (pg_backend_pid(), \(owner), \(ProcessInfo.processInfo.hostName),
                \(ProcessInfo.processInfo.processIdentifier), \(serves))
            ON CONFLICT (backend_pid) DO UPDATE SET owner = excluded.owner, host = excluded.host, pid = excluded.pid,
                serves = excluded.serves, started_at = excluded.started_at
            """
        )
    }

    /// The active relay looks into the outbox many times a second, unless Redis has it wait. One of which the server has long been waiting for a statement, or
    /// for it to read an answer, is frozen or cut off, whatever its connection says.
    private func endSilent() throws {
        try connection.execute(
            """
            SELECT pg_terminate_backend(a.pid) FROM \(raw: Self.locks) JOIN pg_stat_activity a ON a.pid = l.pid
            WHERE l.granted AND l.classid::bigint = \(Int64(Self.active)) AND l.objid::bigint = \(Int64(UInt32(bitPattern: serves)))
                AND a.wait_event_type = 'Client'
                AND a.state_change < clock_timestamp() - \(silence.milliseconds) * interval '1 millisecond'
            """
        )
    }

    /// The relays' locks in this database, as `l`.
    package static let locks: StaticString = """
        (
            SELECT k.pid, k.classid, k.objid, k.granted FROM pg_locks k
            WHERE k.locktype = 'advisory' AND k.objsubid = 2 AND k.classid::bigint IN (1885696513, 1885696514)
                AND k.database = (SELECT d.oid FROM pg_database d WHERE d.datname = current_database())
        ) l
        """
}
