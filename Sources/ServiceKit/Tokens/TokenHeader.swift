import Perch

/// The header of a token, read before anything of the token is believed.
///
/// JWTKit leaves much open: it picks a default key for a `kid` that it does not know, does not compare `alg` with the key's,
/// and does not mind `crit`. So it is asked only once all of this is settled.
struct TokenHeader {
    /// The key that signed the token, as it says. ASCII: two ids that are equal are the same bytes.
    let keyID: String

    /// - Throws: where the token is not three parts of base64url, or the header is any other than ours.
    init(of token: String) throws(TokenError) {
        let parts = token.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard parts.count == 3, parts.allSatisfy({ !$0.isEmpty && $0.allSatisfy(Self.isBase64URL) }) else {
            throw .invalid(reason: "not three parts of base64url")
        }
        guard let bytes = Base64URL.decode(Substring(parts[0])), let document = try? JSONDocument(bytes) else {
            throw .invalid(reason: "the header is not strict JSON")
        }
        // What a header may say beyond this (`jwk`, `jku`, `x5c`, `x5u`: which key to believe; `crit`: what to mind) would
        // be the bearer's word.
        guard document.root.kind == .object, document.root.members.count == 3 else {
            throw .invalid(reason: "the header has other members than alg, typ and kid")
        }
        func isExactly(_ name: String, _ text: String) -> Bool {
            document.root[name]?.string?.utf8.elementsEqual(text.utf8) ?? false
        }
        guard isExactly("alg", AccessToken.algorithm) else { throw .invalid(reason: "another algorithm") }
        guard isExactly("typ", AccessToken.type) else { throw .invalid(reason: "another type") }
        guard let keyID = document.root["kid"]?.string, JSONWebKey.isID(keyID) else {
            throw .invalid(reason: "not the id of a key")
        }
        self.keyID = keyID
    }

    private static func isBase64URL(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"):
            true
        default: false
        }
    }
}
