/// Why a contract cannot be used.
public struct ContractError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What kind of error it is. Later versions may add codes.
    public struct Code: RawRepresentable, Hashable, Sendable {
        /// The name of the constant: `notFound`.
        public let rawValue: String
        /// Takes any name, also one that this version does not know.
        public init(rawValue: String) { self.rawValue = rawValue }

        /// There is no folder with a contract where it was looked for.
        public static let notFound = Code(rawValue: "notFound")
        /// A folder or file cannot be read.
        public static let unreadable = Code(rawValue: "unreadable")
        /// A file is not as it must be, or the contract contradicts itself.
        public static let invalid = Code(rawValue: "invalid")
    }

    /// The kind that all of the problems are of.
    public let code: Code
    /// Everything that was found, never empty.
    public let problems: [ContractProblem]

    package init(_ code: Code, _ problems: [ContractProblem]) {
        self.code = code
        self.problems = problems
    }

    /// One line a problem.
    public var description: String {
        problems.map(\.description).joined(separator: "\n")
    }
}

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
