public import FoundationEssentials
public import Perch
public import Postgres

/// Tells who has changed what, across the databases of all services. It changes nothing.
public struct AuditTrail: Sendable {
    private let system: OperatedSystem

    /// Connects when first asked.
    public init(_ system: OperatedSystem) { self.system = system }

    /// Which records; what is nil chooses nothing out.
    public struct Filter: Sendable, Hashable {
        /// Of this operator, whole.
        public var by: String?
        /// Of this action, whole.
        public var action: String?
        /// Of this group.
        public var group: GroupName?
        /// What one operation has changed: the records that tell of it.
        public var operation: UUID?
        /// A part of the target or of the details, as it is written: a key, an event's id, a reason.
        public var text: String?
        /// Whether `text` is also looked for in what may hold data of events: the details, and texts of errors in the target. Default:
        /// it is. For somebody who may not see private fields it must not be: whoever may ask can guess.
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

    /// Page by page: one question to each database.
    ///
    /// A database that several services share is told of once, under the first of their names.
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
