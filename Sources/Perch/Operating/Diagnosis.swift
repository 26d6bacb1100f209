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

    /// How bad it is.
    public let severity: Severity
    /// What was looked at: `redis eviction`, `tracker migrations`.
    public let subject: String
    /// What was found.
    public let message: String
    /// What to do about it; empty where it is fine.
    public let advice: String

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
