import Foundation

/// Who issues tokens: the URL by which others reach it, as tokens name it in `iss`. It is compared exactly.
public struct Issuer: Sendable, Hashable, LosslessStringConvertible {
    /// `https://auth.example.com`, without a slash at the end.
    public let description: String

    /// Reads a URL of http or https; nil for any other, and for one with a user, a query or a fragment. A slash at the end
    /// is dropped.
    public init?(_ description: String) {
        guard let parts = URLComponents(string: description), let scheme = parts.scheme?.lowercased(),
            scheme == "http" || scheme == "https", parts.host?.isEmpty == false,
            parts.user == nil, parts.password == nil, parts.query == nil, parts.fragment == nil
        else { return nil }
        self.description = String(description.reversed().drop { $0 == "/" }.reversed())
    }

    /// A port of this machine: `http://127.0.0.1:8081`.
    package init(localPort port: UInt16) { description = "http://127.0.0.1:\(port)" }

    /// The URL of a path of the issuer.
    package func url(_ path: String) -> String { description + path }
}
