import Postgres
import Redis

/// A server that did not give what was asked of it: which one, what happened, and what to do. It holds no password.
public struct ServerProblem: Error, Sendable, Hashable, CustomStringConvertible {
    /// What kind of problem. Later versions may add some.
    public struct Kind: RawRepresentable, Sendable, Hashable {
        /// The name of the constant.
        public let rawValue: String
        /// Takes any name.
        public init(rawValue: String) { self.rawValue = rawValue }

        /// Nobody has said where the server is.
        public static let notConfigured = Kind(rawValue: "not_configured")
        /// Nothing answers there, or not in time.
        public static let unreachable = Kind(rawValue: "unreachable")
        /// User or password is wrong.
        public static let wrongPassword = Kind(rawValue: "wrong_password")
        /// The user may not do that.
        public static let notPermitted = Kind(rawValue: "not_permitted")
        /// The database lacks tables or columns of Perch's.
        public static let notMigrated = Kind(rawValue: "not_migrated")
        /// Anything else.
        public static let failed = Kind(rawValue: "failed")
    }

    /// What kind of problem it is.
    public let kind: Kind
    /// `Redis`, or `Postgres of SERVICE`.
    public let server: String
    /// What happened, in one line.
    public let message: String
    /// What to do about it.
    public let advice: String

    /// `Redis: nothing answers at …: connection refused. Start it, or correct …`
    public var description: String { "\(server): \(message). \(advice)" }

    static func noRedis() -> ServerProblem {
        ServerProblem(
            kind: .notConfigured,
            server: "Redis",
            message: "its address is not known",
            advice: "Set REDIS_URL, or --redis URL, or redis: in a context of the config file"
        )
    }

    static func noDatabase(of service: String) -> ServerProblem {
        ServerProblem(
            kind: .notConfigured,
            server: "Postgres of \(service)",
            message: "the address of its database is not known",
            advice:
                "Set \(Self.variable(of: service)), or --database \(service)=URL, or databases: in a context of the config file"
        )
    }

    /// The environment variable that names a service's database.
    public static func variable(of service: String) -> String {
        let name = service.uppercased().map { $0.isLetter || $0.isNumber ? $0 : "_" }
        return "\(String(name))_DATABASE_URL"
    }

    init(redis error: any Error, at configuration: RedisConfiguration) {
        server = "Redis"
        guard let error = error as? RedisError else {
            (kind, message, advice) = (.failed, "\(error)", "See the server's log")
            return
        }
        let text = Self.oneLine(error.message)
        switch (error.code, error.prefix) {
        case (_, RedisErrorPrefix.wrongPassword?), (_, RedisErrorPrefix.noAuth?):
            kind = .wrongPassword
            message = "\(configuration) does not let us in: \(text)"
            advice = "Correct user and password of REDIS_URL (redis://USER:PASSWORD@HOST:PORT)"
        case (_, RedisErrorPrefix.noPermission?):
            kind = .notPermitted
            message = "the user \(configuration.user ?? "default") may not do that: \(text)"
            advice = "Use a user with that right, such as operator of ops/redis/users.acl"
        case (.connectionFailed, _):
            kind = .unreachable
            message = text
            advice = "Start it, or correct REDIS_URL"
        case (.timeout, _), (.connectionLost, _):
            kind = .unreachable
            message = "\(configuration) does not answer: \(text)"
            advice = "It may be overloaded, frozen or cut off: look at the server"
        default:
            (kind, message, advice) = (.failed, text, "See the server's log")
        }
    }

    init(postgres error: any Error, of service: String, at configuration: PostgresConfiguration) {
        server = "Postgres of \(service)"
        guard let error = error as? PostgresError else {
            (kind, message, advice) = (.failed, Self.oneLine("\(error)"), "See the server's log")
            return
        }
        let text = Self.oneLine(error.message)
        let setting = Self.variable(of: service)
        switch (error.code, error.sqlState) {
        case (.connectionFailed, _) where text.contains("authentication failed") || text.contains("no password"):
            kind = .wrongPassword
            message = "\(configuration) does not let us in: \(text)"
            advice = "Correct user and password of \(setting)"
        case (.connectionFailed, _), (.timeout, _), (.connectionLost, _):
            kind = .unreachable
            message = "\(configuration): \(text)"
            advice = "Start it, or correct \(setting)"
        case (_, SQLState.undefinedTable), (_, SQLState.undefinedColumn), (_, SQLState(rawValue: "3F000")),
            (_, SQLState(rawValue: "42883")):
            kind = .notMigrated
            message = "\(configuration) lacks what this version of perch needs: \(text)"
            advice = "Run the migrations of \(service) (\(service) migrate), or correct \(setting)"
        case (_, SQLState.insufficientPrivilege):
            kind = .notPermitted
            message = "\(configuration): \(text)"
            advice = "Use a role with that right, such as the service's own, in \(setting)"
        default:
            (kind, message, advice) = (.failed, text, "See the server's log")
        }
    }

    init(kind: Kind, server: String, message: String, advice: String) {
        (self.kind, self.server, self.message, self.advice) = (kind, server, message, advice)
    }

    private static func oneLine(_ text: String) -> String {
        let line = text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
        return line.hasSuffix(".") ? String(line.dropLast()) : line
    }
}
