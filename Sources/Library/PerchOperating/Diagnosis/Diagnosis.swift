import Perch

/// Something that `SystemDiagnosis` looked at: a code with facts. The words for people are the tool's.
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
