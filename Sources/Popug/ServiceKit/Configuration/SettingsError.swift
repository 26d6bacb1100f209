/// Settings that cannot be used: everything that was found wrong.
public struct SettingsError: Error, Sendable, Hashable, CustomStringConvertible {
    /// Never empty.
    public let problems: [SettingProblem]

    /// - Parameter problems: At least one.
    public init(_ problems: [SettingProblem]) { self.problems = problems }

    /// One line a problem. No secrets.
    public var description: String { problems.map(\.description).joined(separator: "\n") }
}

/// One thing that is wrong with the settings.
public struct SettingProblem: Sendable, Hashable, CustomStringConvertible {
    /// The setting, or the name that is none; nil where it is about a file as a whole.
    public let name: SettingName?
    /// What a value must look like, after the word "expected": `a whole number from 1 to 10000`.
    public let expected: String
    /// What is there instead; of a secret only that it is there.
    public let got: String
    /// Where it stands: `the environment`, a file's path.
    public let source: String
    /// More of why it is wrong, where there is more to say.
    public let reason: String?

    /// - Parameter reason: Default nil: what was expected and what is there say it all.
    public init(name: SettingName?, expected: String, got: String, source: String, reason: String? = nil) {
        self.name = name
        self.expected = expected
        self.got = got
        self.source = source
        self.reason = reason
    }

    /// `BATCH_SIZE: expected a whole number from 1 to 10000, got `many` (in popug.yaml)`
    public var description: String {
        var text = name.map { "\($0): " } ?? ""
        text += "expected \(expected), got \(got)"
        text += source.isEmpty ? "" : " (in \(source))"
        return reason.map { "\(text): \($0)" } ?? text
    }
}
