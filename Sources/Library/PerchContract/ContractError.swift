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
