/// What went wrong between this process and Redis.
public struct RedisError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The kind of failure. More may be added.
    public struct Code: Hashable, Sendable, CustomStringConvertible {
        private let name: String

        private init(_ name: String) {
            self.name = name
        }

        /// No connection came about: refused, unreachable, unknown host, not within the connect timeout; with TLS also a
        /// certificate that is refused, by either side.
        public static let connectionFailed = Self("connectionFailed")
        /// The connection broke, or it is used after an earlier failure. Whether commands underway were done is unknown.
        public static let connectionLost = Self("connectionLost")
        /// No byte came, or could be sent, within the reply timeout. The connection is closed: a late reply would be
        /// taken for the next command's. Whether commands underway were done is unknown.
        public static let timeout = Self("timeout")
        /// The wait was given up because the program is to stop. The connection is closed.
        package static let interrupted = Self("interrupted")
        /// Redis answered with an error; `prefix` says which. The connection goes on, unless `prefix.endsConnection`.
        public static let reply = Self("reply")
        /// A node of a cluster answered that another node has the key, or gets it just now, or that none has; `prefix` says which.
        /// It did nothing. The connection goes on.
        public static let redirected = Self("redirected")
        /// What came is not the Redis protocol. The connection is closed.
        public static let protocolError = Self("protocolError")
        /// A reply has another shape than the caller reads. The connection goes on.
        public static let unexpectedReply = Self("unexpectedReply")
        /// A URL or another setting is wrong.
        public static let configuration = Self("configuration")
        /// The caller broke a rule of the API.
        public static let misuse = Self("misuse")

        /// The name, as `timeout`.
        public var description: String { name }
    }

    /// The kind of failure.
    public let code: Code
    /// The first word of an error reply; nil for other failures.
    public let prefix: RedisErrorPrefix?
    /// What happened, for people. Error replies are quoted as Redis wrote them; a password is never in it.
    public let message: String
    /// The command's name, without its arguments.
    public let command: String?

    package init(_ code: Code, _ message: String, prefix: RedisErrorPrefix? = nil, command: String? = nil) {
        self.code = code
        self.message = message
        self.prefix = prefix
        self.command = command
    }

    /// Whether the same call may succeed later, on a new connection if this one is dead, without anybody changing it.
    ///
    /// False for `NOGROUP` (the group must be made again first), and for everything an operator has to mend.
    public var isRetriable: Bool {
        isConnectionDead || code == .redirected || prefix?.isPassing == true
    }

    /// Redis has answered so: it is known what became of the command.
    package var isAnswer: Bool { code == .reply || code == .redirected }

    /// Whether the connection that threw it can no longer be used.
    public var isConnectionDead: Bool {
        switch code {
        case .connectionFailed, .connectionLost, .timeout, .protocolError, .interrupted: true
        case .reply: prefix?.endsConnection == true
        default: false
        }
    }

    /// What is said when no address of a server serves: of each, why not.
    static func noneServes(
        _ failures: [(RedisConfiguration.Endpoint, RedisError)],
        of configuration: RedisConfiguration
    ) -> RedisError {
        guard let last = failures.last?.1 else {
            return RedisError(.connectionFailed, "cannot connect to \(configuration): its name has no address")
        }
        if failures.count == 1 { return last }
        let reasons = failures.map { endpoint, failure in
            "\(endpoint): \(failure.reason(at: configuration))"
        }.joined(separator: "; ")
        return RedisError(last.code, "cannot connect to \(configuration): \(reasons)", prefix: last.prefix)
    }

    /// The message, without that it was this server that could not be connected to.
    func reason(at configuration: RedisConfiguration) -> String {
        let place = "cannot connect to \(configuration): "
        return message.hasPrefix(place) ? String(message.dropFirst(place.count)) : message
    }

    /// Code, command and message in one line.
    public var description: String {
        "Redis \(code)\(command.map { " at \($0)" } ?? ""): \(message)"
    }
}
