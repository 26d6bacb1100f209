/// A server of a cluster, by the address that the cluster gives for it.
package struct ClusterNode: Hashable, Sendable, CustomStringConvertible {
    /// A name or an address, without brackets.
    package let host: String
    /// From 1 to 65,535.
    package let port: Int

    /// Nil where it is no address that can be connected to.
    package init?(host: String, port: Int) {
        guard !host.isEmpty, host.utf8.count <= 255, host.allSatisfy({ isNameCharacter($0) || ":%".contains($0) }),
            (1...65_535).contains(port)
        else { return nil }
        (self.host, self.port) = (host, port)
    }

    /// `127.0.0.1:6379`, `[::1]:6379`
    package var description: String { "\(endpoint)" }

    var endpoint: RedisConfiguration.Endpoint { .tcp(host: host, port: port) }

    init?(_ endpoint: RedisConfiguration.Endpoint) {
        guard case .tcp(let host, let port) = endpoint else { return nil }
        self.init(host: host, port: port)
    }
}
