/// Why nothing was done with a ticket. The transaction goes on after it.
public struct TicketError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What kind of error it is. Later versions may add codes.
    public struct Code: RawRepresentable, Hashable, Sendable {
        /// The name of the constant: `notFound`.
        public let rawValue: String
        /// Takes any name, also one that this version does not know.
        public init(rawValue: String) { self.rawValue = rawValue }

        /// A value is not one; `field` says which.
        public static let invalid = Code(rawValue: "invalid")
        /// There is nobody to assign the ticket to.
        public static let noEmployee = Code(rawValue: "noEmployee")
        /// There is no such ticket.
        public static let notFound = Code(rawValue: "notFound")
        /// Somebody else has the ticket.
        public static let notAssignee = Code(rawValue: "notAssignee")
        /// The ticket is closed already: a conflict.
        public static let closed = Code(rawValue: "closed")
        /// Somebody else's ticket has this id.
        public static let idTaken = Code(rawValue: "idTaken")
    }

    /// What callers decide by; `message` is for people.
    public let code: Code
    /// The field it is about: `title`, `description`; nil where it is about none.
    public let field: String?
    /// What is wrong, without the value.
    public let message: String

    /// `title: expected 1 to 500 characters`, or the message alone where it is about no field.
    public var description: String { field.map { "\($0): \(message)" } ?? message }

    static func invalid(_ field: String, _ message: String) -> TicketError {
        TicketError(code: .invalid, field: field, message: message)
    }

    static let noEmployee = TicketError(
        code: .noEmployee,
        field: nil,
        message: "there is no employee yet to assign tickets to; create one in auth"
    )
    static let notFound = TicketError(code: .notFound, field: nil, message: "there is no such ticket")
    static let notAssignee = TicketError(code: .notAssignee, field: nil, message: "only the assignee closes a ticket")
    static let closed = TicketError(code: .closed, field: nil, message: "the ticket is closed already")
    static let idTaken = TicketError(code: .idTaken, field: nil, message: "another ticket has this id")
}
