public import FoundationEssentials
public import Perch
public import Postgres

/// Tells who has changed what, across the databases of all services. It changes nothing.
public struct AuditTrail: Sendable {
    private let system: OperatedSystem

    /// Connects when first asked.
    public init(_ system: OperatedSystem) { self.system = system }

    /// Which records to list. A nil property excludes none.
    public struct Filter: Sendable, Hashable {
        /// Only of this operator; the whole name has to match.
        public var by: String?
        /// Only of this action; the whole name has to match.
        public var action: String?
        /// Of this group.
        public var group: GroupName?
        /// Only of this operation: the records of all that it has changed.
        public var operation: UUID?
        /// A part of the target or of the details, as it is written: a key, an event's id, a reason.
        public var text: String?
        /// Whether `text` is also looked for in what may hold data of events: the details, and texts of errors in the target. Default
        /// true. Set it to false for people who may not see private fields: they could guess values by searching.
        public var looksAtData = true
        /// Written at this time or later.
        public var since: Timestamp?

        /// All records.
        public init() {}
    }

    /// A page of records.
    public struct Page: Sendable {
        /// The newest first; those of one time by service.
        public let records: [AuditRecord]
        /// There are older ones.
        public let isCut: Bool
        /// Databases that did not tell.
        public let problems: [ServerProblem]
    }

    /// One page of records, the newest first: one question to each database.
    ///
    /// The records of a database that several services share come once, under the first of their names.
    /// - Parameters:
    ///   - limit: The most records. Default 100.
    ///   - before: The last record of the page before. Default nil: the first page.
    public func records(
        filter: Filter = Filter(),
        limit: Int = 100,
        before: AuditRecord? = nil
    ) async throws -> Page {
        try await system.use { links in
            var problems: [ServerProblem] = []
            var found: [AuditRecord] = []
            var asked: Set<String> = []
            for service in links.system.servicesWithDatabases {
                found +=
                    try links.ask(&problems) {
                        try links.withDatabase(of: service) {
                            let database = try OperatingStore(connection: $0).identity()
                            guard asked.insert(database).inserted else { return [] }
                            return try AuditStore(connection: $0, service: service).records(
                                filter,
                                min(limit, 1_000_000) + 1,
                                before
                            )
                        }
                    } ?? []
            }
            found.sort { ($1.at, $0.id.service, $1.id.number) < ($0.at, $1.id.service, $0.id.number) }
            return Page(records: Array(found.prefix(limit)), isCut: found.count > limit, problems: problems)
        }
    }

    /// One record, with all its details; nil: there is none.
    ///
    /// - Throws: `ServerProblem`
    public func record(_ id: AuditRecord.ID) async throws -> AuditRecord? {
        try await system.use { links in
            try links.withDatabase(of: id.service) {
                try AuditStore(connection: $0, service: id.service).record(id.number)
            }
        }
    }
}
