/// Where a Redis is, who we are there, and how long we wait for it.
public struct RedisConfiguration: Sendable, CustomStringConvertible {
    enum Endpoint: Sendable, Hashable {
        case tcp(host: String, port: Int)
        case unix(path: String)
    }

    let endpoint: Endpoint
    /// The ACL user; nil is Redis' user `default`.
    public let user: String?
    let password: Secret?
    /// The number of the database; 0 unless the URL names another.
    public let database: Int

    /// How long connecting may take, name resolution excluded. Default 2 s; at least 1 ms, at most a day.
    public var connectTimeout: Duration = .seconds(2)

    /// How long Redis may stay silent when a reply is awaited, or may not take what is sent. Default 5 s; at least
    /// 1 ms, at most a day. Past it the connection is dead. A blocking command needs more than it blocks for.
    public var replyTimeout: Duration = .seconds(5)

    /// What `CLIENT LIST` shows for the connection; characters that Redis refuses there become `-`.
    public var clientName: String = "perch"

    init(endpoint: Endpoint, user: String?, password: Secret?, database: Int) {
        self.endpoint = endpoint
        self.user = user
        self.password = password
        self.database = database
    }

    /// The URL, with `***` for the password.
    public var description: String {
        let credentials = password == nil ? "" : "\(user ?? ""):***@"
        switch endpoint {
        case .tcp(let host, let port):
            let shown = host.contains(":") ? "[\(host)]" : host
            return "redis://\(credentials)\(shown):\(port)\(database == 0 ? "" : "/\(database)")"
        case .unix(let path):
            return "unix://\(credentials)\(path)\(database == 0 ? "" : "?db=\(database)")"
        }
    }
}
