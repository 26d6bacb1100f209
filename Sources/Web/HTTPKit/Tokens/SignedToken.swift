/// A JWT in its compact form, taken apart: three parts of base64url. Nothing of it is believed yet.
///
/// [RFC 7515](https://www.rfc-editor.org/rfc/rfc7515)
package struct SignedToken: Sendable {
    /// The header's JSON, as it was sent.
    package let header: [UInt8]
    /// The payload's JSON, as it was sent.
    package let payload: [UInt8]
    /// What was signed: the first two parts as they are written.
    package let signed: [UInt8]
    package let signature: [UInt8]

    /// - Throws: where the text is not three parts of base64url, each in its one spelling.
    package init(_ token: String) throws(TokenError) {
        let parts = token.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false).map {
            Substring($0)
        }
        guard parts.count == 3, !parts.contains(where: \.isEmpty), let header = Base64URL.decode(parts[0]),
            let payload = Base64URL.decode(parts[1]), let signature = Base64URL.decode(parts[2])
        else { throw .invalid(reason: "not three parts of base64url") }
        self.header = header
        self.payload = payload
        self.signature = signature
        signed = Array(token.utf8.dropLast(parts[2].utf8.count + 1))
    }

    /// Makes a token.
    ///
    /// - Parameter sign: Gives the signature of the bytes.
    package static func make(
        header: some Sequence<UInt8>,
        payload: some Sequence<UInt8>,
        sign: ([UInt8]) throws -> [UInt8]
    ) rethrows -> String {
        let input = "\(Base64URL.encode(header)).\(Base64URL.encode(payload))"
        return "\(input).\(Base64URL.encode(try sign(Array(input.utf8))))"
    }
}
