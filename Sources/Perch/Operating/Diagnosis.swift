/// Something that `SystemReader.diagnose` looked at: a code with facts. The words for people are the tool's.
public struct Diagnosis: Sendable, Hashable {
    /// How bad it is. Later versions may add some.
    public struct Severity: RawRepresentable, Sendable, Hashable {
        /// The name of the constant.
        public let rawValue: String
        /// Takes any name.
        public init(rawValue: String) { self.rawValue = rawValue }

        /// As it should be.
        public static let fine = Severity(rawValue: "ok")
        /// It works, and may not for long, or would not survive something.
        public static let warning = Severity(rawValue: "warning")
        /// Events wait, are in danger, or cannot be looked at.
        public static let problem = Severity(rawValue: "problem")
    }

    /// What was found, by a name that stays. Later versions may add some.
    public struct Code: RawRepresentable, Sendable, Hashable {
        /// The name in snake_case.
        public let rawValue: String
        /// Takes any name.
        public init(rawValue: String) { self.rawValue = rawValue }

        /// Events of the outbox got no position. Facts: `service`, `topic`, `count` (up to 10,000), `reason` (of the last).
        public static let refusedEvents = Code(rawValue: "refused_events")
        /// Entries that nobody has published were taken out of a stream. Facts: `service`, `partition`, `kept`, `bytes`, `beyond`.
        public static let foreignEntries = Code(rawValue: "foreign_entries")
        /// A group's checkpoint is no entry of the owner's log. Facts: `group`, `topic`, `partition` (its number), `checkpoint`,
        /// `entry` (which the log has in its place).
        public static let checkpointNotInLog = Code(rawValue: "checkpoint_not_in_log")
        /// Redis does not let a stream be looked at, while others can be. Facts: `partition`, `error`.
        public static let partitionInTrouble = Code(rawValue: "partition_in_trouble")
        /// Redis is a node of a cluster. No facts.
        public static let redisCluster = Code(rawValue: "redis_cluster")
    }

    /// How bad it is.
    public let severity: Severity
    package let finding: Finding

    /// What was found, as docs/perch-json.md lists it: `redis-evicts`. It stays the same in later versions.
    public var code: String { finding.code }
    /// What belongs to it, by name: `policy`. What is not known is left out.
    public var facts: [String: Fact] { finding.facts }

    static func fine(_ finding: Finding) -> Diagnosis { Diagnosis(severity: .fine, finding: finding) }

    static func warning(_ finding: Finding) -> Diagnosis { Diagnosis(severity: .warning, finding: finding) }

    static func problem(_ finding: Finding) -> Diagnosis { Diagnosis(severity: .problem, finding: finding) }
}
