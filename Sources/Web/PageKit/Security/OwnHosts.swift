import Foundation

/// The names under which browsers reach a program: host and port, as a request's `Host` has them.
package struct OwnHosts: Sendable {
    private let hosts: Set<String>
    private let origins: Set<String>

    /// A program that only this machine reaches, by plain HTTP.
    package init(loopbackPort port: Int) {
        let suffix = port == 80 ? "" : ":\(port)"
        hosts = Set(["127.0.0.1", "[::1]", "localhost"].map { $0 + suffix })
        origins = Set(hosts.map { "http://\($0)" })
    }

    /// A program that browsers reach by its address; nil where that is none of http or https, or has a user in it.
    package init?(publicURL: String) {
        guard let target = LinkTarget(url: publicURL), let parts = URLComponents(string: target.description),
            let scheme = parts.scheme?.lowercased(), let host = parts.host?.lowercased()
        else { return nil }
        let isStandard = parts.port == nil || parts.port == (scheme == "https" ? 443 : 80)
        let name = host.contains(":") && !host.hasPrefix("[") ? "[\(host)]" : host
        let authority = isStandard ? name : "\(name):\(parts.port ?? 0)"
        hosts = [authority]
        origins = ["\(scheme)://\(authority)"]
    }

    /// Whether a request's `Host` is one of them.
    package func contains(_ host: String) -> Bool { hosts.contains(host.lowercased()) }

    /// Whether an `Origin` is one of them.
    package func containsOrigin(_ origin: String) -> Bool { origins.contains(origin.lowercased()) }
}
