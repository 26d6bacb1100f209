public import Perch
public import Postgres

/// What somebody has changed as an operator: a row of `perch.operations`, written in the same transaction as the change.
public struct AuditRecord: Sendable, Hashable, Identifiable {
    /// Where a record lies: in which service's database, and which row.
    public struct ID: Sendable, Hashable, CustomStringConvertible {
        /// Whose database.
        public let service: String
        /// The number of the row there.
        public let number: Int64
        /// `accounting/17`
        public var description: String { "\(service)/\(number)" }

        /// Names a record that may be there or not.
        public init(service: String, number: Int64) { (self.service, self.number) = (service, number) }
    }

    /// Where it lies.
    public let id: ID
    /// When it was written, by the clock of its database.
    public let at: Timestamp
    /// Who did it, as the program that made the change names its user.
    public let by: String
    /// What was done, such as `pause`, `retry_failed`, `discard_failed`, `publish`.
    public let action: String
    /// Whose state was changed; nil: a topic's.
    public let group: GroupName?
    /// What it was done to, in words.
    public let target: String
    /// A JSON object with all that is kept of the change. In a list it is without the data of events, which may be large.
    public let details: [UInt8]
}
