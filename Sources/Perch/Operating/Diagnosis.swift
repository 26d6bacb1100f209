/// Something that `SystemReader.diagnose` looked at.
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
    /// Which finding it is; nil: one that has only a message.
    public let code: Code?
    /// What there is to say of it, by name. Who shows a finding that has a code finds the words.
    public let facts: [String: String]
    /// What was looked at: `redis eviction`, `tracker migrations`.
    public let subject: String
    /// What was found; empty where there is a code.
    public let message: String
    /// What to do about it; empty where it is fine, or where there is a code.
    public let advice: String

    init(_ severity: Severity, _ code: Code, _ subject: String, _ facts: [String: String]) {
        (self.severity, self.code, self.subject, self.facts) = (severity, code, subject, facts)
        (message, advice) = ("", "")
    }

    private init(severity: Severity, subject: String, message: String, advice: String) {
        (self.severity, self.subject, self.message, self.advice) = (severity, subject, message, advice)
        (code, facts) = (nil, [:])
    }

    static func fine(_ subject: String, _ message: String) -> Diagnosis {
        Diagnosis(severity: .fine, subject: subject, message: message, advice: "")
    }

    static func warning(_ subject: String, _ message: String, _ advice: String) -> Diagnosis {
        Diagnosis(severity: .warning, subject: subject, message: message, advice: advice)
    }

    static func problem(_ subject: String, _ message: String, _ advice: String) -> Diagnosis {
        Diagnosis(severity: .problem, subject: subject, message: message, advice: advice)
    }

    static func problem(_ subject: String, _ problem: ServerProblem) -> Diagnosis {
        Diagnosis(severity: .problem, subject: subject, message: problem.message, advice: problem.advice)
    }
}
