import COpenSSL

/// The key derivation function scrypt.
///
/// [RFC 7914](https://www.rfc-editor.org/rfc/rfc7914)
package enum Scrypt {
    /// Derives `count` bytes. Blocks, and takes 128 · N · r bytes of memory meanwhile.
    ///
    /// - Parameters:
    ///   - rounds: N, a power of two above 1.
    ///   - blockSize: r.
    ///   - parallelism: p.
    /// - Throws: `OpenSSLError` where OpenSSL does not take the parameters, or there is no memory.
    package static func derive(
        from password: [UInt8],
        salt: [UInt8],
        count: Int,
        rounds: Int,
        blockSize: Int,
        parallelism: Int
    ) throws(OpenSSLError) -> [UInt8] {
        guard let rounds = UInt64(exactly: rounds), let blockSize = UInt64(exactly: blockSize),
            let parallelism = UInt64(exactly: parallelism), count > 0
        else { throw OpenSSLError("scrypt") }
        var key = [UInt8](repeating: 0, count: count)
        // Who sets the cost has thought of the memory: OpenSSL's own bound would be 32 MiB.
        let memory = UInt64.max
        let status = password.withUnsafeBytes { password in
            EVP_PBE_scrypt(
                password.bindMemory(to: CChar.self).baseAddress,
                password.count,
                salt,
                salt.count,
                rounds,
                blockSize,
                parallelism,
                memory,
                &key,
                count
            )
        }
        guard status == 1 else { throw OpenSSLError("scrypt") }
        return key
    }
}
