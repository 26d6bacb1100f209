import StrictJSON

/// The header of a token, read before anything of the token is believed: there is one algorithm, one type, and a key's id.
package struct TokenHeader {
    /// `typ`: no other JWT, such as one that tells a page who is logged in, passes for an access token.
    package static let type = "at+jwt"
    /// `alg`: the only one there is.
    package static let algorithm = "EdDSA"

    /// The key that signed the token, as it says. ASCII: two ids that are equal are the same bytes.
    package let keyID: String

    /// - Parameter json: The first part of a token, decoded.
    /// - Throws: where the header is any other than ours.
    package init(json: [UInt8]) throws(TokenError) {
        guard let document = try? JSONDocument(json) else { throw .invalid(reason: "the header is not strict JSON") }
        // What a header may say beyond this (`jwk`, `jku`, `x5c`, `x5u`: which key to believe; `crit`: what to mind) would
        // be the bearer's word.
        guard document.root.kind == .object, document.root.members.count == 3 else {
            throw .invalid(reason: "the header has other members than alg, typ and kid")
        }
        func isExactly(_ name: String, _ text: String) -> Bool {
            document.root[name]?.string?.utf8.elementsEqual(text.utf8) ?? false
        }
        guard isExactly("alg", Self.algorithm) else { throw .invalid(reason: "another algorithm") }
        guard isExactly("typ", Self.type) else { throw .invalid(reason: "another type") }
        guard let keyID = document.root["kid"]?.string, JSONWebKey.isID(keyID) else {
            throw .invalid(reason: "not the id of a key")
        }
        self.keyID = keyID
    }

    /// The header of a token that this key signs, as JSON.
    package static func json(keyID: String) -> String {
        #"{"alg":"\#(Self.algorithm)","kid":"\#(keyID)","typ":"\#(Self.type)"}"#
    }
}
