import COpenSSL

/// Authentication codes of HMAC with SHA-256.
///
/// [RFC 2104](https://www.rfc-editor.org/rfc/rfc2104)
package enum HMAC {
    /// The 32 bytes of the code.
    package static func code(of message: [UInt8], key: [UInt8]) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: Int(SHA256_DIGEST_LENGTH)) { code, count in
            let made = COpenSSL.HMAC(
                EVP_sha256(),
                key,
                Int32(clamping: key.count),
                message,
                message.count,
                code.baseAddress,
                nil
            )
            count = made == nil ? 0 : Int(SHA256_DIGEST_LENGTH)
            precondition(count != 0, "HMAC of SHA-256 does not fail")
        }
    }
}
