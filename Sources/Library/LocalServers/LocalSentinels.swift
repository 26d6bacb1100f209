/// A private Redis with replicas, watched by sentinels: one of them takes over when the master is gone.
///
/// For tests of failovers. All servers are on 127.0.0.1, on free ports; they end when this object is released, and when this
/// process ends, however that happens. All calls block and may be made from any thread.
public final class LocalSentinels: Sendable {
    /// The name by which the sentinels know the master.
    public let name: String
    /// The servers with data. The first one is the master at the start.
    public let nodes: [LocalRedis]
    /// Those who watch, at least two of whom have to agree on a failover.
    public let sentinels: [LocalSentinel]

    private let password: String?
    private let sentinelPassword: String?
    private let tls: LocalTLS?

    /// Starts all of them, and returns when each sentinel knows the master, its replicas and the other sentinels. That takes some
    /// seconds.
    /// - Parameters:
    ///   - replicas: besides the master.
    ///   - sentinels: at least one; a failover wants the majority of them.
    ///   - password: what `AUTH` expects of those with data.
    ///   - sentinelPassword: what `AUTH` expects of sentinels.
    ///   - tls: default: no TLS. Else all of them have a port for it, and speak it among themselves.
    ///   - downAfter: how many milliseconds the master has to be silent to be taken for gone.
    ///   - settings: more lines of `redis.conf`, of those with data.
    /// - Throws: `LocalServerError` when one cannot be started.
    public init(
        name: String = "perch",
        replicas: Int = 2,
        sentinels: Int = 3,
        password: String? = nil,
        sentinelPassword: String? = nil,
        tls: LocalTLS? = nil,
        downAfter: Int = 1000,
        settings: [String: String] = [:]
    ) throws(LocalServerError) {
        self.name = name
        self.password = password
        self.sentinelPassword = sentinelPassword
        self.tls = tls

        var settings = settings
        // A replica becomes the master, and a master a replica: each knows the others' password.
        if let password { settings["masterauth"] = configurationValue(password) }
        if tls != nil { settings["tls-replication"] = "yes" }
        // Else a replica's first copy waits for others.
        settings["repl-diskless-sync-delay"] = "0"
        let master = try LocalRedis(password: password, tls: tls, settings: settings)
        try master.start()
        let masterPort = master.tlsPort ?? master.port
        var nodes = [master]
        settings["replicaof"] = "127.0.0.1 \(masterPort)"
        for _ in 0..<replicas {
            let replica = try LocalRedis(password: password, tls: tls, settings: settings)
            try replica.start()
            nodes.append(replica)
        }
        self.nodes = nodes

        var lines = [
            "sentinel monitor \(name) 127.0.0.1 \(masterPort) \(min(2, sentinels))",
            "sentinel down-after-milliseconds \(name) \(downAfter)",
            "sentinel failover-timeout \(name) 5000",
        ]
        if let password { lines.append("sentinel auth-pass \(name) \(configurationValue(password))") }
        var watchers: [LocalSentinel] = []
        for _ in 0..<sentinels {
            watchers.append(try LocalSentinel(watching: lines, password: sentinelPassword, tls: tls))
        }
        self.sentinels = watchers

        // A sentinel that does not see the replicas in its first look at the master looks again only after ten seconds.
        try LocalProcess.wait("The replicas are not connected") { () throws(LocalServerError) in
            try master.cli("INFO", "replication").components("state=online") == replicas
        }
        for sentinel in watchers { try sentinel.start() }
        for sentinel in watchers {
            try LocalProcess.wait("A sentinel does not know all the others") { () throws(LocalServerError) in
                let fields = try sentinel.cli("SENTINEL", "MASTER", name).split(
                    separator: "\n",
                    omittingEmptySubsequences: false
                )
                func value(_ field: Substring) -> Substring? {
                    fields.firstIndex(of: field).flatMap { $0 + 1 < fields.count ? fields[$0 + 1] : nil }
                }
                return value("flags") == "master" && value("num-slaves") == "\(replicas)"
                    && value("num-other-sentinels") == "\(sentinels - 1)"
            }
        }
    }

    /// `redis+sentinel://[:password@]S1,S2,S3/NAME[?…]`, with all that a client needs: `rediss+sentinel://` where there is TLS.
    public var url: String { url(of: sentinels) }

    /// The same, with these sentinels alone.
    public func url(of sentinels: [LocalSentinel]) -> String {
        var parameters: [String] = []
        if let tls { parameters.append("cacert=\(percentEncoded(tls.authority.certificate))") }
        if let sentinelPassword { parameters.append("sentinel_password=\(percentEncoded(sentinelPassword))") }
        let credentials = password.map { ":\(percentEncoded($0))@" } ?? ""
        let places = sentinels.map(\.address).joined(separator: ",")
        let query = parameters.isEmpty ? "" : "?\(parameters.joined(separator: "&"))"
        return "\(tls == nil ? "redis" : "rediss")+sentinel://\(credentials)\(places)/\(name)\(query)"
    }

    /// Those with data that say they are the master: one; none during a failover; two while one that was away has not been told yet.
    /// Not to be called while one is frozen: it does not answer.
    public func masters() -> [LocalRedis] {
        nodes.filter { node in
            // One that does not run is asked in vain.
            node.isRunning && (try? node.cli("ROLE"))?.hasPrefix("master") == true
        }
    }
}

extension String {
    /// How often the text occurs.
    fileprivate func components(_ text: String) -> Int { ranges(of: text).count }
}
