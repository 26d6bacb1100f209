/// Why a private server could not be started, stopped or asked.
public struct LocalServerError: Error, Sendable, CustomStringConvertible {
    /// What kind of failure it is.
    public enum Code: Sendable, Hashable {
        /// A program is not installed; the text names the Debian package that brings it.
        case missingProgram
        /// A folder cannot be made, or the server's user cannot reach it.
        case folder
        /// The server ended, or did not answer in time; the text holds the end of its log.
        case startFailed
        /// `redis-cli`, `psql` or `initdb` failed; the text holds what it said.
        case commandFailed
        /// The call needs a running server, or a stopped one.
        case misuse
    }

    /// The kind of failure.
    public let code: Code
    /// What happened, with what the program said; for people.
    public let message: String

    init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    /// The message.
    public var description: String { message }
}
