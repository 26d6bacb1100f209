/// Signatures of RSA with SHA-256 and the padding of PKCS #1 version 1.5, as tokens have them: `RS256`.
///
/// [RFC 7518, section 3.3](https://www.rfc-editor.org/rfc/rfc7518#section-3.3)
package enum RSA {
    /// The bits of a modulus. Shorter ones can be broken; longer ones only take time.
    package static let modulusBits = 2048...8192

    /// What verifies.
    package struct PublicKey: Sendable, Hashable {
        /// Both most significant byte first, without zeros in front.
        package let modulus, exponent: [UInt8]

        /// - Throws: `OpenSSLError` where the modulus is too short or too long, or the exponent is even, below 3 or of more than 32 bits.
        package init(modulus: [UInt8], exponent: [UInt8]) throws(OpenSSLError) {
            self.modulus = Array(modulus.drop { $0 == 0 })
            self.exponent = Array(exponent.drop { $0 == 0 })
            let bits = self.modulus.count * 8 - (self.modulus.first?.leadingZeroBitCount ?? 0)
            guard modulusBits.contains(bits), (1...4).contains(self.exponent.count), self.exponent != [1],
                self.exponent.last?.isMultiple(of: 2) == false
            else { throw OpenSSLError("reading a public key") }
            _ = try KeyHandle(publicKeyInfo: info)
        }

        /// Whether the private half of this key has signed these bytes. The signature is as long as the modulus.
        package func verifies(_ signature: [UInt8], of message: [UInt8]) -> Bool {
            guard signature.count == modulus.count, let key = try? KeyHandle(publicKeyInfo: info) else { return false }
            return key.verifiesSHA256(signature, of: message)
        }

        /// As X.509 writes it: the name of the kind, and the two numbers.
        private var info: [UInt8] {
            DER.sequence(Self.kind, DER.bits(DER.sequence(DER.integer(modulus), DER.integer(exponent))))
        }

        /// rsaEncryption.
        private static let kind: [UInt8] = [
            0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01, 0x05, 0x00,
        ]
    }

    /// What signs: for the tests of what verifies.
    package struct PrivateKey: Sendable {
        private let bytes: [UInt8]
        /// What others verify with.
        package let publicKey: PublicKey

        /// A new key of 2048 bits.
        ///
        /// - Throws: `OpenSSLError` where OpenSSL cannot make one.
        package init() throws(OpenSSLError) {
            let key = try KeyHandle(generating: .rsa(bits: modulusBits.lowerBound))
            bytes = try key.privateBytes()
            publicKey = try PublicKey(modulus: key.number("n"), exponent: key.number("e"))
        }

        /// The signature.
        ///
        /// - Throws: `OpenSSLError` where there is no memory for it.
        package func sign(_ message: [UInt8]) throws(OpenSSLError) -> [UInt8] {
            try KeyHandle(privateBytes: bytes).signSHA256(message)
        }
    }
}
