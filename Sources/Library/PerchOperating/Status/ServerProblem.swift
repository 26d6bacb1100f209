import Perch
import Postgres
import Redis

/// A server that did not give what was asked of it: which one, and what happened. It holds no password.
///
/// What is to be done about it is the tool's to say, by the kind.
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
    /// Whose database it is; nil: it is Redis.
    public let service: String?
    /// Where it is, without a password; nil: not known.
    public let address: String?
    /// As whom it was asked, where it is Redis.
    public let user: String?
    /// It was reached, and did not answer or ended the connection; false also where that is not known.
    public let isSilent: Bool
    /// What the server or the system said, in one line; nil: nothing was asked.
    public let reason: String?

    /// `Redis`, or `Postgres of SERVICE`.
    public var server: String { service.map { "Postgres of \($0)" } ?? "Redis" }

    /// `Redis: unreachable: cannot connect to …: connection refused`
    public var description: String {
        let kind = String(kind.rawValue.map { $0 == "_" ? " " : $0 })
        return reason.map { "\(server): \(kind): \($0)" } ?? "\(server): \(kind)"
    }

    static func noRedis() -> ServerProblem { ServerProblem(kind: .notConfigured) }

    static func noDatabase(of service: String) -> ServerProblem {
        ServerProblem(kind: .notConfigured, service: service)
    }

    /// The environment variable that names a service's database.
    public static func variable(of service: String) -> String {
        let name = service.uppercased().map { $0.isLetter || $0.isNumber ? $0 : "_" }
        return "\(String(name))_DATABASE_URL"
    }

    init(redis error: any Error, at configuration: RedisConfiguration) {
        guard let error = error as? RedisError else {
            self.init(kind: .failed, address: "\(configuration)", reason: Self.oneLine("\(error)"))
            return
        }
        let kind: Kind =
            switch (error.code, error.prefix) {
            case (_, RedisErrorPrefix.wrongPassword?), (_, RedisErrorPrefix.noAuth?): .wrongPassword
            case (_, RedisErrorPrefix.noPermission?): .notPermitted
            case (.connectionFailed, _), (.timeout, _), (.connectionLost, _): .unreachable
            // One node of a cluster is.
            case (.redirected, RedisErrorPrefix.clusterDown?): .unreachable
            default: .failed
            }
        self.init(
            kind: kind,
            address: "\(configuration)",
            user: configuration.user ?? "default",
            isSilent: kind == .unreachable && error.code != .connectionFailed,
            reason: Self.oneLine(error.message)
        )
    }

    init(postgres error: any Error, of service: String, at configuration: PostgresConfiguration) {
        guard let error = error as? PostgresError else {
            self.init(kind: .failed, service: service, address: "\(configuration)", reason: Self.oneLine("\(error)"))
            return
        }
        let text = Self.oneLine(error.message)
        let kind: Kind =
            switch (error.code, error.sqlState) {
            // libpq gives no SQLSTATE for a connection that did not come about, only words.
            case (.connectionFailed, _) where text.contains("authentication failed") || text.contains("no password"):
                .wrongPassword
            case (.connectionFailed, _), (.timeout, _), (.connectionLost, _): .unreachable
            case (_, SQLState.undefinedTable), (_, SQLState.undefinedColumn), (_, SQLState(rawValue: "3F000")),
                (_, SQLState(rawValue: "42883")):
                .notMigrated
            case (_, SQLState.insufficientPrivilege): .notPermitted
            default: .failed
            }
        self.init(kind: kind, service: service, address: "\(configuration)", reason: text)
    }

    package init(
        kind: Kind,
        service: String? = nil,
        address: String? = nil,
        user: String? = nil,
        isSilent: Bool = false,
        reason: String? = nil
    ) {
        (self.kind, self.service, self.isSilent) = (kind, service, isSilent)
        (self.address, self.user, self.reason) = (address, user, reason)
    }

    private static func oneLine(_ text: String) -> String {
        let line = text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
        return line.hasSuffix(".") ? String(line.dropLast()) : line
    }
}
