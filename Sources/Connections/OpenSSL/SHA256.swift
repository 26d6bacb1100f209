import COpenSSL

/// The hash function SHA-256.
///
/// [FIPS 180-4](https://csrc.nist.gov/pubs/fips/180-4/upd1/final)
package enum SHA256 {
    /// The 32 bytes of the hash.
    package static func hash(_ message: some Sequence<UInt8>) -> [UInt8] {
        let message = Array(message)
        return [UInt8](unsafeUninitializedCapacity: Int(SHA256_DIGEST_LENGTH)) { hash, count in
            count = COpenSSL.SHA256(message, message.count, hash.baseAddress) == nil ? 0 : Int(SHA256_DIGEST_LENGTH)
            precondition(count != 0, "SHA-256 does not fail")
        }
    }
}
