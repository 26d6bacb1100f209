/// Signatures of ECDSA on the curve P-256 with SHA-256, as tokens have them: `ES256`.
///
/// [RFC 7518, section 3.4](https://www.rfc-editor.org/rfc/rfc7518#section-3.4)
package enum P256 {
    /// The bytes of a coordinate, and of each half of a signature.
    static let partLength = 32

    /// What verifies.
    package struct PublicKey: Sendable, Hashable {
        /// The 32 bytes of each coordinate.
        package let x, y: [UInt8]

        /// - Throws: `OpenSSLError` where a coordinate is not of 32 bytes, or the point is not on the curve.
        package init(x: [UInt8], y: [UInt8]) throws(OpenSSLError) {
            guard x.count == partLength, y.count == partLength else { throw OpenSSLError("reading a public key") }
            (self.x, self.y) = (x, y)
            _ = try KeyHandle(publicKeyInfo: info)
        }

        /// Whether the private half of this key has signed these bytes. The signature is the two numbers, 32 bytes each.
        package func verifies(_ signature: [UInt8], of message: [UInt8]) -> Bool {
            guard signature.count == 2 * partLength, let key = try? KeyHandle(publicKeyInfo: info) else { return false }
            let numbers = DER.sequence(
                DER.integer(signature.prefix(partLength)),
                DER.integer(signature.suffix(partLength))
            )
            return key.verifiesSHA256(numbers, of: message)
        }

        /// As X.509 writes it: the names of the kind and of the curve, and the point.
        private var info: [UInt8] { DER.sequence(Self.kind, DER.bits([0x04] + x + y)) }

        /// id-ecPublicKey, prime256v1.
        private static let kind: [UInt8] = [
            0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d,
            0x03,
            0x01, 0x07,
        ]
    }

    /// What signs: for the tests of what verifies.
    package struct PrivateKey: Sendable {
        private let bytes: [UInt8]
        /// What others verify with.
        package let publicKey: PublicKey

        /// A new key.
        ///
        /// - Throws: `OpenSSLError` where OpenSSL cannot make one.
        package init() throws(OpenSSLError) {
            let key = try KeyHandle(generating: .p256)
            bytes = try key.privateBytes()
            let point = try key.publicKeyInfo().suffix(2 * partLength)
            publicKey = try PublicKey(x: Array(point.prefix(partLength)), y: Array(point.suffix(partLength)))
        }

        /// The signature: the two numbers, 32 bytes each.
        ///
        /// - Throws: `OpenSSLError` where there is no memory for it.
        package func sign(_ message: [UInt8]) throws(OpenSSLError) -> [UInt8] {
            // A sequence of two integers, each with a zero in front where its highest bit is set.
            let numbers = try KeyHandle(privateBytes: bytes).signSHA256(message)
            var rest = numbers.dropFirst(2)
            var signature: [UInt8] = []
            for _ in 0..<2 {
                guard let count = rest.dropFirst().first.map({ Int($0) }) else { throw OpenSSLError("signing") }
                let number = rest.dropFirst(2).prefix(count).drop { $0 == 0 }
                signature += [UInt8](repeating: 0, count: max(0, partLength - number.count)) + number
                rest = rest.dropFirst(2 + count)
            }
            return signature
        }
    }
}
