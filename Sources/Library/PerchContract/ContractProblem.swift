/// One thing that is wrong in a contract.
public struct ContractProblem: Hashable, Sendable, CustomStringConvertible {
    /// The file or folder.
    public let file: String
    /// From 1; nil where it is about the file as a whole.
    public let line: Int?
    /// From 1; nil where it is about the file as a whole.
    public let column: Int?
    /// The place within the file, such as `events.user_created.versions.1`; empty where it is about the file as a
    /// whole.
    public let path: String
    /// What was expected, what is there, and what to do where that is not plain.
    public let message: String

    package init(file: String, line: Int? = nil, column: Int? = nil, path: String = "", message: String) {
        self.file = file
        self.line = line
        self.column = column
        self.path = path
        self.message = message
    }

    /// `streams/users.yaml:5:3: retention.age: expected …, got …`
    public var description: String {
        var place = file
        if let line { place += ":\(line)" }
        if line != nil, let column { place += ":\(column)" }
        return path.isEmpty ? "\(place): \(message)" : "\(place): \(path): \(message)"
    }
}
