import PageKit

/// The OpenID Connect issuer that people log in at, and which of them may what.
public struct ConsoleIssuer: Sendable {
    /// As the issuer writes itself: `https://login.example.com`.
    public var issuer: String
    /// Where the console itself reaches the issuer, inside a network of one's own. Default: as browsers do.
    public var internalURL: String?
    /// How the issuer knows this console.
    public var clientID: String
    /// Default: none; the client proves itself by PKCE alone.
    public var clientSecret: String?
    /// Where browsers reach this console: `https://console.example.com`.
    public var publicURL: String
    /// The claim that has a person's roles. Default `role`.
    public var roleClaim = "role"
    /// The values of the claim that make an admin. Default: `admin`.
    public var admins = ["admin"]
    /// The values that make an operator. Default: `operator`.
    public var operators = ["operator"]
    /// The values that make a viewer. Default: `viewer`.
    public var viewers = ["viewer"]

    /// All that has no default.
    public init(issuer: String, clientID: String, publicURL: String) {
        (self.issuer, self.clientID, self.publicURL) = (issuer, clientID, publicURL)
    }

    /// The highest role that one of the values gives; nil: none does.
    package func role(of values: [String]) -> Role? {
        let known: [(Role, [String])] = [(.admin, admins), (.operator, operators), (.viewer, viewers)]
        return known.first { _, names in names.contains { name in values.contains { $0.utf8.elementsEqual(name.utf8) } }
        }?.0
    }

    /// - Throws: `InvalidConsoleSetting`: everything that is wrong.
    func settings() throws(InvalidConsoleSetting) -> OpenIDSettings {
        do {
            return try OpenIDSettings(
                issuer: issuer,
                issuerInternally: internalURL,
                clientID: clientID,
                clientSecret: clientSecret,
                publicURL: publicURL,
                roleClaim: roleClaim
            )
        } catch {
            throw InvalidConsoleSetting(description: error.description)
        }
    }
}
