import COpenSSL

/// Comparing what is secret.
package enum SecureBytes {
    /// Whether the bytes are the same. The time it takes depends on their number alone, and tells nothing of where they differ.
    package static func areEqual(_ first: [UInt8], _ second: [UInt8]) -> Bool {
        first.count == second.count && CRYPTO_memcmp(first, second, first.count) == 0
    }
}
