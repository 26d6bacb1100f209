package import OpenSSL
package import StrictJSON

/// A public key of an issuer that may be anybody's. Its kind decides the algorithm; what a token says of it is only compared.
///
/// [RFC 7517](https://www.rfc-editor.org/rfc/rfc7517)
package enum TokenKey: Sendable, Hashable {
    case ed25519(Ed25519.PublicKey)
    case p256(P256.PublicKey)
    case rsa(RSA.PublicKey)

    /// `alg` of the tokens that it verifies.
    package var algorithm: String {
        switch self {
        case .ed25519: "EdDSA"
        case .p256: "ES256"
        case .rsa: "RS256"
        }
    }

    /// Every `alg` that is known here.
    package static let algorithms: Set<String> = ["EdDSA", "ES256", "RS256"]

    /// Whether the private half of this key has signed these bytes.
    package func verifies(_ signature: [UInt8], of message: [UInt8]) -> Bool {
        switch self {
        case .ed25519(let key): key.verifies(signature, of: message)
        case .p256(let key): key.verifies(signature, of: message)
        case .rsa(let key): key.verifies(signature, of: message)
        }
    }

    /// The keys of a set, by their ids. Those of other kinds, of other use and without an id are left out: no token can name them.
    ///
    /// - Throws: `JSONError`; `NotAKeySet` where there is none, more than 100, or two of one id.
    package static func all(ofSet json: [UInt8]) throws -> [String: TokenKey] {
        guard let list = try JSONDocument(json).root["keys"], list.kind == .array, list.elements.count <= 100 else {
            throw JSONWebKeySet.NotAKeySet()
        }
        var keys: [String: TokenKey] = [:]
        for value in list.elements {
            guard let id = value["kid"]?.string, isID(id), let key = TokenKey(value) else { continue }
            // It would depend on who reads.
            guard keys.updateValue(key, forKey: id) == nil else { throw JSONWebKeySet.NotAKeySet() }
        }
        guard !keys.isEmpty else { throw JSONWebKeySet.NotAKeySet() }
        return keys
    }

    /// Nil for a key of another kind or use, and for one that is none.
    package init?(_ value: JSONValue) {
        func number(_ name: String) -> [UInt8]? { value[name]?.string.flatMap { Base64URL.decode($0) } }
        let key: TokenKey? =
            switch (value["kty"]?.string, value["crv"]?.string) {
            case ("OKP", "Ed25519"): number("x").flatMap { try? .ed25519(Ed25519.PublicKey(bytes: $0)) }
            case ("EC", "P-256"):
                number("x").flatMap { x in number("y").flatMap { y in try? .p256(P256.PublicKey(x: x, y: y)) } }
            case ("RSA", nil):
                number("n").flatMap { n in
                    number("e").flatMap { e in try? .rsa(RSA.PublicKey(modulus: n, exponent: e)) }
                }
            default: nil
            }
        guard let key, value["alg"].map({ $0.string == key.algorithm }) ?? true,
            value["use"].map({ $0.string == "sig" }) ?? true
        else { return nil }
        self = key
    }

    /// 1 to 256 characters of visible ASCII: two ids that are equal are the same bytes.
    package static func isID(_ text: String) -> Bool {
        (1...256).contains(text.utf8.count) && text.utf8.allSatisfy { (0x21...0x7E).contains($0) }
    }
}
