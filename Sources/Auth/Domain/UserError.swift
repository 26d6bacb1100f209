/// Why a user was not added.
public struct UserError: Error, Hashable, Sendable, CustomStringConvertible {
    public struct Code: RawRepresentable, Hashable, Sendable {
        public let rawValue: String
        public init(rawValue: String) { self.rawValue = rawValue }

        /// A value is not one; `field` says which.
        public static let invalid = Code(rawValue: "invalid")
        /// Another user has this email: a conflict.
        public static let emailTaken = Code(rawValue: "emailTaken")
    }

    public let code: Code
    /// The field it is about: `name`, `email`, `password`.
    public let field: String
    /// What is wrong, without the value.
    public let message: String

    public var description: String { "\(field): \(message)" }

    static func invalid(_ field: String, _ message: String) -> UserError {
        UserError(code: .invalid, field: field, message: message)
    }

    static let emailTaken = UserError(code: .emailTaken, field: "email", message: "another user has this email")
}
