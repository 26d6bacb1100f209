public import FoundationEssentials
import Perch
import Postgres

/// What services do at given times: how far that is, and changes to it.
///
/// A change and its record in `perch.operations` commit together, in the database of the service. A scheduler notices it with its next
/// look, by default within 5 s.
public struct Schedules: Sendable {
    private let system: OperatedSystem

    /// Connects when first asked.
    public init(_ system: OperatedSystem) { self.system = system }

    /// The schedules of all services whose databases are known here, by service and name; with the databases that did not tell. One
    /// question to each.
    public func all() async throws -> (schedules: [ScheduleStatus], problems: [ServerProblem]) {
        try await system.use { try LinkedSchedules(links: $0).all() }
    }

    /// One of them.
    ///
    /// - Parameter schedule: `pay-day`, or `accounting/pay-day` where several services have one of this name.
    /// - Throws: `OperationRefused` where there is none, or several; `ServerProblem` where a database that may have it did not tell.
    public func find(_ schedule: String) async throws -> ScheduleStatus {
        try await system.use { try LinkedSchedules(links: $0).find(schedule) }
    }

    /// Pauses a schedule: no tick of it is run by itself until it is resumed. Its rule of missed ticks decides what becomes of those that
    /// are missed meanwhile.
    ///
    /// When it returns, no tick of it takes effect any more: one that was being run has committed before, or is rolled back. It waits for
    /// that as long as the database may take to answer. A second pause changes nothing.
    ///
    /// - Parameters:
    ///   - schedule: As `find` has it.
    ///   - by: Who does it, for the record.
    ///   - operation: The larger operation this belongs to, for the record, as in all changes here. Default: none.
    /// - Returns: Whether it was not paused until now.
    /// - Throws: `OperationRefused`, `ServerProblem`.
    @discardableResult
    public func pause(_ schedule: String, by: String, operation: UUID? = nil) async throws -> Bool {
        try await system.use { links in
            try LinkedSchedules(links: links).change("pause schedule", schedule, by: by, operation) {
                tx,
                service,
                name in
                try tx.affectedRows(
                    """
                    UPDATE perch.schedules SET paused_at = clock_timestamp()
                    WHERE service = \(service) AND name = \(name) AND paused_at IS NULL
                    """
                ) > 0
            }
        }
    }

    /// Ends a pause.
    ///
    /// - Returns: Whether it was paused until now.
    /// - Throws: `OperationRefused`, `ServerProblem`.
    @discardableResult
    public func resume(_ schedule: String, by: String, operation: UUID? = nil) async throws -> Bool {
        try await system.use { links in
            try LinkedSchedules(links: links).change("resume schedule", schedule, by: by, operation) {
                tx,
                service,
                name in
                try tx.affectedRows(
                    """
                    UPDATE perch.schedules SET paused_at = NULL
                    WHERE service = \(service) AND name = \(name) AND paused_at IS NOT NULL
                    """
                ) > 0
            }
        }
    }

    /// Asks for one run beside the schedule's ticks, as soon as a scheduler looks; also while it is paused. A tick that has failed is tried
    /// again first, at once.
    ///
    /// - Returns: Whether no run had been asked for until now.
    /// - Throws: `OperationRefused`, `ServerProblem`.
    @discardableResult
    public func run(_ schedule: String, by: String, operation: UUID? = nil) async throws -> Bool {
        try await system.use { links in
            try LinkedSchedules(links: links).change("run schedule", schedule, by: by, operation) { tx, service, name in
                try tx.affectedRows(
                    """
                    UPDATE perch.schedules SET requested_at = clock_timestamp(), retry_at = NULL
                    WHERE service = \(service) AND name = \(name) AND requested_at IS NULL
                    """
                ) > 0
            }
        }
    }

    /// Forgets a schedule that its program no longer has. A program that runs and still has it declares it anew within seconds, as one that
    /// the database does not know.
    ///
    /// - Returns: Whether there was one: somebody else may have been first.
    /// - Throws: `OperationRefused`, `ServerProblem`.
    @discardableResult
    public func forget(_ schedule: String, by: String, operation: UUID? = nil) async throws -> Bool {
        try await system.use { links in
            try LinkedSchedules(links: links).change("forget schedule", schedule, by: by, operation) {
                tx,
                service,
                name in
                try tx.affectedRows("DELETE FROM perch.schedules WHERE service = \(service) AND name = \(name)") > 0
            }
        }
    }
}
