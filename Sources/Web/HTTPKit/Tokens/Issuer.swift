import Foundation

/// Who issues the access tokens: the URL by which others reach auth, as tokens name it in `iss`. It is compared exactly.
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

    private init(unchecked description: String) { self.description = description }

    /// Where auth listens when nobody says: `http://127.0.0.1:8081`.
    public static let local = Issuer(unchecked: "http://127.0.0.1:8081")

    /// The URL of a path of auth.
    package func url(_ path: String) -> String { description + path }
}
