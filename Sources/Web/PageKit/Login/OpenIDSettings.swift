import Foundation
import HTTPKit

/// Which issuer people log in at, and as which client of it. What cannot be used is found when the program starts.
package struct OpenIDSettings: Sendable {
    /// As the issuer writes itself, to the last slash: answers and tokens of any other are refused.
    package let issuer: String
    /// Where this program itself reaches the issuer; nil: as browsers do.
    let issuerInternally: String?
    /// How the issuer knows this program.
    package let clientID: String
    /// Nil: a public client, which proves itself by PKCE alone.
    let clientSecret: String?
    /// Where browsers reach this program, without a slash at the end.
    package let publicURL: String
    /// Which claim has the roles: a text or a list of texts. Dots lead into objects, where there is no claim of the whole name.
    package let roleClaim: String
    /// What the issuer is asked for: `openid`, `profile`, and what was added.
    package let scopes: [String]

    /// - Parameters:
    ///   - issuer: `https://auth.example.com`; by http only on this machine.
    ///   - issuerInternally: Where this program itself reaches the issuer, inside a network of one's own: it asks there what browsers would
    ///     ask at `issuer`, whose name stays the one that counts. Default: as browsers do.
    ///   - clientSecret: Default: none.
    ///   - publicURL: `https://console.example.com`, without a path; by http only on this machine.
    ///   - extraScopes: Beside `openid profile`. Default: none.
    /// - Throws: `OpenIDSettingsError`: everything that is wrong.
    package init(
        issuer: String?,
        issuerInternally: String? = nil,
        clientID: String?,
        clientSecret: String? = nil,
        publicURL: String?,
        roleClaim: String = "role",
        extraScopes: [String] = []
    ) throws(OpenIDSettingsError) {
        var problems: [OpenIDSettingsError.Problem] = []
        func look(_ name: OpenIDSettingsError.Setting, _ text: String?, _ expected: String, _ isRight: (String) -> Bool)
            -> String
        {
            guard let text, isRight(text) else {
                problems.append(.init(setting: name, expected: expected, found: text))
                return ""
            }
            return text
        }
        self.issuer = look(.issuer, issuer, "https://HOST, or http:// of this machine") {
            Issuer($0) != nil && SafeAddress.isSafe($0)
        }
        self.issuerInternally = issuerInternally.map { text in
            let found = look(.issuerInternally, text, "http://HOST or https://HOST") { Issuer($0) != nil }
            return Issuer(found)?.description ?? found
        }
        self.clientID = look(.clientID, clientID, "visible ASCII") { Self.isVisible($0) }
        self.clientSecret = clientSecret.map {
            look(.clientSecret, $0, "visible ASCII, without a line end") { Self.isVisible($0) }
        }
        let address = look(.publicURL, publicURL, "https://HOST[:PORT] without a path, or http:// of this machine") {
            Self.isPublicURL($0)
        }
        self.publicURL = address.hasSuffix("/") ? String(address.dropLast()) : address
        self.roleClaim = look(.roleClaim, roleClaim, "the name of a claim") { (1...256).contains($0.utf8.count) }
        for scope in extraScopes {
            _ = look(.scopes, scope, "scopes: visible ASCII, each alone") { Self.isVisible($0) }
        }
        var known: Set<String> = []
        scopes = (["openid", "profile"] + extraScopes).filter { known.insert($0).inserted }
        guard problems.isEmpty else { throw OpenIDSettingsError(problems: problems) }
    }

    /// Where the issuer leads back to.
    package var redirectURI: String { publicURL + OpenIDLogin.callbackPath }

    /// Where this program asks what the issuer says to ask at that address.
    func internally(_ url: String) -> String {
        let outside = Issuer(issuer)?.description ?? issuer
        guard let issuerInternally, url.hasPrefix(outside + "/") else { return url }
        return issuerInternally + url.dropFirst(outside.count)
    }

    /// The port that browsers see; nil where it is the scheme's own.
    var port: Int? { URLComponents(string: publicURL)?.port }

    /// Whether browsers may reach a program at it: an origin of https, or of http on this machine.
    package static func isPublicURL(_ url: String) -> Bool { SafeAddress.isSafe(url) && isOrigin(url) }

    private static func isVisible(_ text: String) -> Bool {
        (1...1024).contains(text.utf8.count) && text.utf8.allSatisfy { (0x21...0x7E).contains($0) }
    }

    private static func isOrigin(_ url: String) -> Bool {
        guard let parts = URLComponents(string: url) else { return false }
        return ["", "/"].contains(parts.path) && parts.query == nil
    }
}
