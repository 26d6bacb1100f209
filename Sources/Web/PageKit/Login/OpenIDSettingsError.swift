/// Settings of a login that cannot be used: everything that was found wrong.
package struct OpenIDSettingsError: Error, Hashable, CustomStringConvertible {
    /// The names of the settings, as a file would have them.
    package enum Setting: String, Sendable {
        case issuer
        case issuerInternally = "issuer_internal_url"
        case clientID = "client_id"
        case clientSecret = "client_secret"
        case publicURL = "public_url"
        case roleClaim = "role_claim"
        case scopes
    }

    /// One thing that is wrong.
    package struct Problem: Hashable, Sendable, CustomStringConvertible {
        package let setting: Setting
        /// What a value must look like, after the word "expected".
        package let expected: String
        /// What is there instead; nil: nothing.
        let found: String?

        /// `public_url: expected https://HOST[:PORT] without a path, found "ftp://x"`. A secret is not told.
        package var description: String {
            let found =
                switch (setting, found) {
                case (_, nil): "nothing"
                case (.clientSecret, .some): "something else"
                case (_, .some(let text)): "\"\(VisibleText.of(text.prefix(200)))\""
                }
            return "\(setting.rawValue): expected \(expected), found \(found)"
        }
    }

    /// Never empty.
    package let problems: [Problem]

    /// One line a problem. No secrets.
    package var description: String { problems.map(\.description).joined(separator: "\n") }
}
