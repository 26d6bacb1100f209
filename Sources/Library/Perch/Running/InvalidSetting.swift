/// A setting has a value with which nothing could work. Thrown before anything starts.
public struct InvalidSetting: Error, Sendable, Hashable, CustomStringConvertible {
    /// The property that has it.
    public let setting: String
    /// What would be right.
    public let expected: String
    /// What it is.
    public let found: String

    init(_ setting: String, expected: String, found: some CustomStringConvertible) {
        self.setting = setting
        self.expected = expected
        self.found = found.description
    }

    /// `heartbeat: expected at most half of the lease (2.5 seconds), found 4.0 seconds`.
    public var description: String { "\(setting): expected \(expected), found \(found)" }
}
