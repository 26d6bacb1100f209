public import HTTPKit
public import Perch
public import Postgres

extension ReadinessCheck {
    /// The service's database answers, takes writes, and has every migration that this program knows. A newer schema is no
    /// hindrance: the next release is being rolled out.
    public static func database(_ database: Database, of service: ServiceDescription) -> ReadinessCheck {
        let needed = [("perch", Migration.perch.count), (service.name, service.migrations.count)]
        return ReadinessCheck("database") {
            let applied: [String: Int]
            let isReadOnly: Bool
            do {
                // On for a standby, for a primary that was demoted, and where an operator has said so.
                isReadOnly =
                    try await database.query("SELECT current_setting('transaction_read_only') AS value") {
                        try $0.decode("value", as: String.self)
                    } == ["on"]
                let rows = try await database.query(
                    """
                    SELECT component, max(version) AS version, current_setting('transaction_read_only') = 'on' AS is_read_only
                    FROM perch.migrations GROUP BY component
                    """
                ) { row in
                    let version = try row.decode("version", as: Int.self)
                    return (
                        try row.decode("component", as: String.self), version,
                        try row.decode("is_read_only", as: Bool.self)
                    )
                }
                // A primary that became a standby, or was made read-only when its disk was full, still answers.
                if rows.contains(where: \.2) { return "the database takes no writes" }
                applied = Dictionary(rows.map { ($0.0, $0.1) }, uniquingKeysWith: max)
            } catch let error as PostgresError where error.code == .server {
                return "the database is not prepared: run migrate"
            } catch {
                return "the database does not answer"
            }
            let missing = needed.filter { applied[$0.0, default: 0] < $0.1 }
            guard !missing.isEmpty else { return isReadOnly ? "the database takes no writes" : nil }
            let names = missing.map { "\($0.0) \(applied[$0.0, default: 0] + 1)" }.joined(separator: ", ")
            return "migrations are missing, from: \(names)"
        }
    }

    /// A worker or relay of this process gets on.
    ///
    /// - Parameter limit: The longest that it may go without. Default 15 s; a single handler that takes longer is taken for
    ///   stuck.
    public static func progress(_ mark: ProgressMark, within limit: Duration = .seconds(15)) -> ReadinessCheck {
        ReadinessCheck(mark.name) {
            let age = mark.age
            return age <= limit ? nil : "no progress for \(age.components.seconds) s"
        }
    }

    /// The keys that verify tokens are known, and no fetch of them hangs.
    public static func keys(areKnown: @escaping @Sendable () async -> Bool) -> ReadinessCheck {
        ReadinessCheck("keys") { await areKnown() ? nil : "the keys that verify tokens cannot be fetched" }
    }
}
