import COpenSSL

/// Signatures of Ed25519.
///
/// [RFC 8032](https://www.rfc-editor.org/rfc/rfc8032)
package enum Ed25519 {
    /// The bytes of a key, private or public.
    static let keyLength = 32
    /// The bytes of a signature.
    static let signatureLength = 64

    /// What signs. Its bytes are a secret.
    package struct PrivateKey: Sendable {
        /// The 32 bytes of the seed, as they are stored.
        package let bytes: [UInt8]
        /// What others verify with.
        package let publicKey: PublicKey

        /// A new key.
        ///
        /// - Throws: `OpenSSLError` where OpenSSL cannot make one.
        package init() throws(OpenSSLError) {
            var generator = SystemRandomNumberGenerator()
            let seed = (0..<keyLength).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
            try self.init(bytes: seed)
        }

        /// A key that was stored.
        ///
        /// - Throws: `OpenSSLError` where it is not of 32 bytes.
        package init(bytes: [UInt8]) throws(OpenSSLError) {
            let key = try KeyHandle(privateKey: bytes)
            self.bytes = bytes
            publicKey = try key.publicKey()
        }

        /// The 64 bytes of the signature.
        ///
        /// - Throws: `OpenSSLError` where there is no memory for it.
        package func sign(_ message: [UInt8]) throws(OpenSSLError) -> [UInt8] {
            let key = try KeyHandle(privateKey: bytes)
            return try key.sign(message)
        }
    }

    /// What verifies.
    package struct PublicKey: Sendable, Hashable {
        /// The 32 bytes of the point.
        package let bytes: [UInt8]

        /// - Throws: `OpenSSLError` where it is not of 32 bytes. Whether they are a point shows when a signature is verified.
        package init(bytes: [UInt8]) throws(OpenSSLError) {
            guard bytes.count == keyLength else { throw OpenSSLError("reading a public key") }
            self.bytes = bytes
        }

        /// Whether the private half of this key has signed these bytes. A signature has one form: S is below the order of the
        /// group.
        package func verifies(_ signature: [UInt8], of message: [UInt8]) -> Bool {
            guard signature.count == signatureLength, let key = try? KeyHandle(publicKey: bytes) else { return false }
            return key.verifies(signature, of: message)
        }
    }
}
