import StrictJSON

/// A public key that verifies tokens: Ed25519, the only kind there is.
///
/// [RFC 8037](https://www.rfc-editor.org/rfc/rfc8037)
package struct JSONWebKey: Encodable, Sendable, Hashable {
    package let id: String
    /// The 32 bytes of the key.
    package let publicKey: [UInt8]

    package init(id: String, publicKey: [UInt8]) {
        self.id = id
        self.publicKey = publicKey
    }

    enum CodingKeys: String, CodingKey {
        case keyType = "kty"
        case curve = "crv"
        case algorithm = "alg"
        case use
        case id = "kid"
        case publicKey = "x"
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode("OKP", forKey: .keyType)
        try container.encode("Ed25519", forKey: .curve)
        try container.encode(TokenHeader.algorithm, forKey: .algorithm)
        try container.encode("sig", forKey: .use)
        try container.encode(id, forKey: .id)
        try container.encode(Base64URL.encode(publicKey), forKey: .publicKey)
    }

    /// Nil for a key of another kind or use, which others may publish beside ours.
    init?(_ value: JSONValue) {
        guard value["kty"]?.string == "OKP", value["crv"]?.string == "Ed25519",
            value["alg"].map({ $0.string == TokenHeader.algorithm }) ?? true,
            value["use"].map({ $0.string == "sig" }) ?? true,
            let id = value["kid"]?.string, Self.isID(id),
            let publicKey = value["x"]?.string.flatMap({ Base64URL.decode($0) }), publicKey.count == 32
        else { return nil }
        self.init(id: id, publicKey: publicKey)
    }

    /// 1 to 64 characters of base64url.
    static func isID(_ text: String) -> Bool {
        (1...64).contains(text.utf8.count)
            && text.unicodeScalars.allSatisfy { scalar in
                switch scalar {
                case "A"..."Z", "a"..."z", "0"..."9", "-", "_": true
                default: false
                }
            }
    }
}

/// The keys that an issuer publishes at `/.well-known/jwks.json`.
package struct JSONWebKeySet: Encodable, Sendable, Hashable {
    package let keys: [JSONWebKey]

    package init(keys: [JSONWebKey]) { self.keys = keys }

    /// As it is published.
    package var json: [UInt8] {
        get throws { try JSONCoding.encode(self) }
    }

    /// Reads what an issuer answered.
    ///
    /// - Throws: `JSONError` or `NotAKeySet`: nothing of it is used.
    init(json: [UInt8]) throws {
        let document = try JSONDocument(json)
        guard let list = document.root["keys"], list.kind == .array else { throw NotAKeySet() }
        keys = list.elements.compactMap(JSONWebKey.init)
        // With no key nothing can be verified; with two of one id it would depend on who reads.
        guard !keys.isEmpty, Set(keys.map(\.id)).count == keys.count else { throw NotAKeySet() }
    }

    struct NotAKeySet: Error {}
}
