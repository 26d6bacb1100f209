import Executors

/// Where a Redis is, who we are there, and how long we wait for it.
public struct RedisConfiguration: Sendable, CustomStringConvertible {
    enum Endpoint: Sendable, Hashable, CustomStringConvertible {
        case tcp(host: String, port: Int)
        case unix(path: String)

        /// A name or an address; empty where there is none.
        var host: String {
            switch self {
            case .tcp(let host, _): host
            case .unix: ""
            }
        }

        /// `127.0.0.1:6379`, `[::1]:6379`, a path.
        var description: String {
            switch self {
            case .tcp(let host, let port): "\(host.contains(":") ? "[\(host)]" : host):\(port)"
            case .unix(let path): path
            }
        }
    }

    /// How the server is found.
    enum Server: Sendable {
        case at(Endpoint)
        /// Whoever is the master now, as sentinels say.
        case master(Sentinels)
        /// The master of a slot, as any of these says: no one connection leads to all.
        case cluster([Endpoint])
        /// One node of a cluster.
        case node(Endpoint)
    }

    let server: Server
    /// Nil: without TLS. Shared by all copies.
    let tls: TLSClient?
    /// Shared by all copies.
    let memory = PlaceMemory<Endpoint>()
    /// Of a cluster's nodes. Shared by all copies.
    let clusterMemory = ClusterMemory()
    /// The ACL user; nil is Redis' user `default`.
    public let user: String?
    let password: Secret?
    /// The number of the database; 0 unless the URL names another.
    public let database: Int

    /// How long connecting may take, for each address of the host's name; with TLS, so long again for the handshake. The system's
    /// name look-up is not bounded by it.
    /// Default 2 s, or the URL's `connect_timeout`; at least 1 ms, at most a day. A server's machine that is gone without a word
    /// costs so much at each attempt.
    public var connectTimeout: Duration = .seconds(2)

    /// How long Redis may stay silent when a reply is awaited, or may not take what is sent. Default 5 s, or the URL's
    /// `reply_timeout`; at least 1 ms, at most a day. Past it the connection is dead. A blocking command needs more than it
    /// blocks for.
    ///
    /// A frozen server costs a worker or relay this time once, and again at each reconnect: the operating system still accepts connections
    /// for it. A shorter time also gives up a server that is only busy writing its data to disk.
    public var replyTimeout: Duration = .seconds(5)

    /// What `CLIENT LIST` shows for the connection; characters that Redis refuses there become `-`.
    public var clientName: String = "perch"

    init(server: Server, tls: TLSClient? = nil, user: String?, password: Secret?, database: Int) {
        self.server = server
        self.tls = tls
        self.user = user
        self.password = password
        self.database = database
    }

    /// The URL, with `***` for the password and without parameters.
    public var description: String {
        let credentials = password == nil ? "" : "\(user ?? ""):***@"
        let scheme = tls == nil ? "redis" : "rediss"
        switch server {
        case .at(.unix(let path)), .node(.unix(let path)):
            return "unix://\(credentials)\(path)\(database == 0 ? "" : "?db=\(database)")"
        case .at(let endpoint), .node(let endpoint):
            return "\(scheme)://\(credentials)\(endpoint)\(database == 0 ? "" : "/\(database)")"
        case .master(let sentinels):
            let places = sentinels.places.map(\.place).joined(separator: ",")
            let master = "\(sentinels.master)\(database == 0 ? "" : "/\(database)")"
            return "\(scheme)+sentinel://\(credentials)\(places)/\(master)"
        case .cluster(let nodes):
            return "\(scheme)+cluster://\(credentials)\(nodes.map(\.description).joined(separator: ","))"
        }
    }

    /// The description without scheme, user and database.
    var place: String {
        switch server {
        case .at(let endpoint), .node(let endpoint): "\(endpoint)"
        case .master(let sentinels): sentinels.master
        case .cluster(let nodes): nodes.map(\.description).joined(separator: ",")
        }
    }

    /// Whether it is a cluster, whose nodes are spoken to each by itself.
    package var isCluster: Bool {
        switch server {
        case .cluster: true
        case .at, .master, .node: false
        }
    }

    var isNode: Bool {
        switch server {
        case .node: true
        case .at, .master, .cluster: false
        }
    }

    /// The same for one node of the cluster.
    func of(_ node: ClusterNode) -> RedisConfiguration {
        var place = RedisConfiguration(
            server: .node(node.endpoint),
            tls: tls,
            user: user,
            password: password,
            database: 0
        )
        (place.connectTimeout, place.replyTimeout) = (connectTimeout, replyTimeout)
        place.clientName = clientName
        return place
    }

    /// The addresses behind a name.
    func addresses(of endpoint: Endpoint) throws(RedisError) -> [Endpoint] {
        guard case .tcp(let host, let port) = endpoint else { return [endpoint] }
        let (addresses, failure) = ServerAddress.all(of: host)
        if let failure { throw RedisError(.connectionFailed, "cannot connect to \(self): \(failure)") }
        return addresses.map { .tcp(host: $0.digits, port: port) }
    }
}
