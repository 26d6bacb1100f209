import Foundation

extension SMTPConfiguration {
    /// Reads a URL: `smtps://[user:password@]host[:port]`, through TLS from the start, or `smtp://` and the same, by STARTTLS.
    ///
    /// Parameters behind a `?`, each once:
    /// - `starttls`: `required`, the default, or `never`. Of `smtp://` alone; with a user and password never is not taken.
    /// - `cacert`: a file of certificates in PEM, the CAs that are trusted. Default: those that the system trusts.
    /// - `from`: the address that mails are sent from.
    /// - `timeout`: the seconds that one attempt may take, 1 to 20. Default: 10.
    ///
    /// User, password and parameters are percent-decoded.
    /// - Throws: `SMTPError` with the code `.configuration`, naming the part that is wrong. No text of the URL is repeated, for a
    ///   password may stand in the wrong place.
    public init(url: String) throws(SMTPError) {
        guard let parts = URLComponents(string: url, encodingInvalidCharacters: false) else {
            throw .invalid("URL", "expected one whose user, password and parameters are percent-encoded")
        }
        let isEncrypted: Bool
        switch parts.scheme?.lowercased() {
        case "smtps": isEncrypted = true
        case "smtp": isEncrypted = false
        default: throw .invalid("scheme", "expected smtp:// or smtps://")
        }
        guard parts.path.isEmpty || parts.path == "/" else {
            throw .invalid("path", "expected nothing between the host and its parameters")
        }
        guard parts.fragment == nil else { throw .invalid("fragment", "expected none: # is written %23") }
        host = try Self.host(parts)
        let port = parts.port ?? (isEncrypted ? 465 : 587)
        guard (1...65_535).contains(port) else { throw .invalid("port", "expected a number from 1 to 65535") }
        self.port = port
        (user, password) = try Self.login(parts)
        let parameters = try SMTPParameters(parts, isEncrypted: isEncrypted)
        encryption = isEncrypted ? .fromTheStart : parameters.encryption
        guard encryption != .none || user == nil else {
            throw .invalid("starttls", "a user and password go through TLS only")
        }
        guard encryption != .none || parameters.authorities == nil else {
            throw .invalid("cacert", "there is no certificate to verify without TLS")
        }
        authorities = parameters.authorities
        sender = parameters.sender
        timeout = parameters.timeout
    }

    private static func host(_ parts: URLComponents) throws(SMTPError) -> String {
        let host = parts.host ?? ""
        let name = host.hasPrefix("[") && host.hasSuffix("]") ? String(host.dropFirst().dropLast()) : host
        guard !name.isEmpty else { throw .invalid("host", "it is missing") }
        let isAddress = name.contains(":")
        let isName = name.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "."), UInt8(ascii: "-"), UInt8(ascii: "_"):
                true
            default: isAddress && byte == UInt8(ascii: ":")
            }
        }
        guard isName else { throw .invalid("host", "expected letters, digits, '.', '-' and '_', or [an IPv6 address]") }
        return name
    }

    private static func login(_ parts: URLComponents) throws(SMTPError) -> (String?, SMTPSecret?) {
        guard parts.percentEncodedUser != nil || parts.percentEncodedPassword != nil else { return (nil, nil) }
        guard let user = parts.user, !user.isEmpty, isText(user) else {
            throw .invalid("user", "expected user:password before the @, percent-encoded")
        }
        guard let password = parts.password, !password.isEmpty, isText(password) else {
            throw .invalid("password", "expected user:password before the @, percent-encoded")
        }
        return (user, SMTPSecret(password))
    }

    /// C reads it to the first NUL.
    private static func isText(_ text: String) -> Bool { !text.utf8.contains(0) }
}
