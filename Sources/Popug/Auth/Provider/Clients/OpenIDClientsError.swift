/// A file of clients that cannot be used: everything that was found wrong.
public struct OpenIDClientsError: Error, Hashable, CustomStringConvertible {
    /// One line each, without the secrets. Never empty.
    public let problems: [String]

    /// `clients.tracker.redirect_uris: expected at least one`; several are separated by `; `.
    public var description: String { problems.joined(separator: "; ") }
}
