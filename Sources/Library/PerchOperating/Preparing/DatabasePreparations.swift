public import Perch

/// Databases of a system's services, made ready for Perch.
public struct DatabasePreparations: Sendable {
    private let system: OperatedSystem

    /// Asks the system's databases.
    public init(_ system: OperatedSystem) { self.system = system }

    /// Perch's migrations that the service's database does not have yet; all of them where it has never been prepared.
    ///
    /// - Throws: `SchemaError` where the database is newer than this program; `ServerProblem`.
    public func missing(in service: String) async throws -> [Migration] {
        try await system.use { links in
            try links.withDatabase(of: service) { try ServiceDatabase.missingMigrations($0) }
        }
    }

    /// Makes the service's database ready by `ServiceDatabase.prepare`, with the system's contract. The service's own tables are
    /// its program's to make. The connection has to be as the role that owns schema `perch`, or will. It is recorded in
    /// `perch.migrations`.
    ///
    /// - Parameter group: See `Migrator.migrate`. Default nil.
    /// - Throws: As `ServiceDatabase.prepare`, with `ServerProblem` instead of `PostgresError`.
    public func prepare(_ service: String, group: GroupName? = nil) async throws -> ServiceDatabase.Preparation {
        let contract = system.connections.contract
        return try await system.use { links in
            try links.withDatabase(of: service) { connection in
                try ServiceDatabase.prepare(connection, owner: service, contract: contract, group: group)
            }
        }
    }
}
