import LocalServers

/// The private Redis of `popug dev`: one server, or a cluster of three masters; each with TLS or without.
final class DevRedis {
    /// How each of its users reaches it.
    struct Way {
        /// `redis://127.0.0.1:6390`, without a user.
        fileprivate let url: String
        /// What is shown: `127.0.0.1:6390`.
        let place: String
        /// `redis-cli` with what it needs, but for the user.
        let cli: String

        /// The URL of a user. The password is of letters and digits.
        func url(user: String, password: String) -> String {
            url.replacing("://", with: "://\(user):\(password)@", maxReplacements: 1)
        }
    }

    private enum Servers {
        case one(LocalRedis)
        case cluster(LocalRedisCluster)
    }

    private let servers: Servers

    /// Starts it. One server finds its data again; a cluster begins empty, and the relays fill it from Postgres.
    /// - Parameter rules: The file of users and rights.
    init(site: DevSite, port: Int?, isCluster: Bool, tls: LocalTLS?, admin: String, rules: String) throws {
        if isCluster {
            print("dev: starting a Redis Cluster of three masters")
            servers = .cluster(
                try LocalRedisCluster(replicas: 0, password: admin, tls: tls, settings: ["aclfile": rules])
            )
        } else {
            let redis = try LocalRedis(
                folder: site.path("redis"),
                port: port ?? DevServers.port(6390),
                password: admin,
                tls: tls,
                settings: ["aclfile": rules]
            )
            print("dev: starting Redis on port \(redis.port)")
            try redis.start()
            servers = .one(redis)
        }
    }

    func stop() {
        switch servers {
        case .one(let redis): redis.stop()
        case .cluster(let cluster): for node in cluster.nodes { node.stop() }
        }
    }

    /// - Parameter authority: Whose certificates it shows; nil where there is no TLS.
    func way(authority: LocalCertificateAuthority?) -> Way {
        let trust = authority.map { " --tls --cacert \($0.certificate)" } ?? ""
        let parameters = authority.map { "?cacert=\($0.certificate)" } ?? ""
        let scheme = authority == nil ? "redis" : "rediss"
        switch servers {
        case .one(let redis):
            let port = redis.tlsPort ?? redis.port
            return Way(
                url: "\(scheme)://127.0.0.1:\(port)\(parameters)",
                place: "127.0.0.1:\(port)",
                cli: "redis-cli\(trust) -p \(port)"
            )
        case .cluster(let cluster):
            let places = cluster.nodes.map(cluster.address)
            let port = cluster.nodes[0].tlsPort ?? cluster.nodes[0].port
            return Way(
                url: "\(scheme)+cluster://\(places.joined(separator: ","))\(parameters)",
                place: places.joined(separator: " "),
                cli: "redis-cli\(trust) -c -p \(port)"
            )
        }
    }
}
