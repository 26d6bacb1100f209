package import Postgres

/// A second group cannot use a database while workers of the previous release live there: they know only one group a database, and would
/// read and write the rows of both. It can as soon as they have ended.
public struct FormerReleaseAtWork: Error, Hashable, Sendable, CustomStringConvertible {
    /// The group that would come.
    public let group: GroupName
    /// The workers that are in its way: `HOST-PID-RANDOM/SLOT`.
    public let workers: [String]

    /// Who is still there, and what to do.
    public var description: String {
        """
        group \(group) is not admitted to the database while workers of the release before are at work there: \
        \(workers.joined(separator: ", ")). Stop them, and start their program's present release
        """
    }
}

/// The statement that admits a group to a database.
package enum GroupAdmission {
    /// How long a worker may have been silent and yet live: they beat far more often than this.
    private static let silence = 10_000

    /// Lets the group keep its state here; again it changes nothing.
    ///
    /// - Throws: `FormerReleaseAtWork`; `PostgresError`, with `.lockNotAvailable` where workers hold rows for seconds.
    package static func admit(_ group: GroupName, on connection: PostgresConnection) throws {
        do {
            let isSecond = try connection.query(
                """
                SELECT perch.admit_group(\(group), \(Int64(silence)) * interval '1 millisecond') AS is_second
                """
            ) { try $0.decode("is_second", as: Bool.self) }
            guard isSecond == [true] else { return }
            // A worker of the release before that is frozen, and wakes, finds its sessions ended and gets no other lease.
            try connection.execute(
                """
                SELECT pg_terminate_backend(a.pid) FROM perch.leases l
                JOIN pg_stat_activity a ON a.pid = l.backend_pid AND a.backend_start = l.backend_start
                WHERE a.pid <> pg_backend_pid() AND NOT EXISTS (
                    SELECT FROM perch.workers w WHERE w.worker = l.owner AND w.expires_at IS NOT NULL
                )
                """
            )
        } catch let error as PostgresError where error.sqlState == .formerReleaseAtWork {
            let workers = (error.detail ?? "").split(separator: ",").map(String.init)
            throw FormerReleaseAtWork(group: group, workers: workers)
        }
    }
}

extension SQLState {
    /// Raised where a program of the release before meets a database of several groups.
    static let formerRelease = SQLState(rawValue: "PF002")
    /// Raised by `perch.admit_group`.
    static let formerReleaseAtWork = SQLState(rawValue: "PF004")
}
