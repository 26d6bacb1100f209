/// Why a user was not added or changed.
public struct UserError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What kind of error it is. Later versions may add codes.
    public struct Code: RawRepresentable, Hashable, Sendable {
        /// The name of the constant: `emailTaken`.
        public let rawValue: String
        /// Takes any name, also one that this version does not know.
        public init(rawValue: String) { self.rawValue = rawValue }

        /// A value is not one; `field` says which.
        public static let invalid = Code(rawValue: "invalid")
        /// Another user has this email: a conflict.
        public static let emailTaken = Code(rawValue: "emailTaken")
        /// There is no such user.
        public static let notFound = Code(rawValue: "notFound")
    }

    /// What callers decide by; `message` is for people.
    public let code: Code
    /// The field it is about: `name`, `email`, `password`, `user_id`.
    public let field: String
    /// What is wrong, without the value.
    public let message: String

    /// `email: another user has this email`: without the value.
    public var description: String { "\(field): \(message)" }

    static func invalid(_ field: String, _ message: String) -> UserError {
        UserError(code: .invalid, field: field, message: message)
    }

    static let emailTaken = UserError(code: .emailTaken, field: "email", message: "another user has this email")
    static let notFound = UserError(code: .notFound, field: "user_id", message: "there is no such user")
}
