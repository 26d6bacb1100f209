/// Why a mail was not sent, or may not have been. No text of it holds a password.
public struct SMTPError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What kind of failure it is.
    public enum Code: Sendable, Hashable {
        /// The URL cannot be used.
        case configuration
        /// The server takes this mail, or mails to this receiver, never (5xx).
        case refused
        /// The server does not take it now (4xx).
        case postponed
        /// The server does not let us send at all: it refuses the login or the sender, or wants one.
        case login
        /// The server does not offer TLS, or its certificate is not trusted, has expired or is for another name.
        case encryption
        /// There is no connection to it.
        case unreachable
        /// The connection was lost before the answer.
        case lost
        /// The server did not answer in time.
        case timeout
    }

    /// The kind of failure.
    public let code: Code
    /// Whether the server had the whole mail, or part of it, and its answer is not known: it may have taken it.
    public let mayHaveArrived: Bool
    /// What happened, with what the server said; for people.
    public let message: String

    init(_ code: Code, _ message: String, mayHaveArrived: Bool = false) {
        self.code = code
        self.message = message
        self.mayHaveArrived = mayHaveArrived
    }

    static func invalid(_ part: String, _ text: String) -> SMTPError {
        SMTPError(.configuration, "\(part): \(text)")
    }

    /// The message.
    public var description: String { message }
}
