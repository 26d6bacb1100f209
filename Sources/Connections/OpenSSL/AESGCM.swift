import COpenSSL

/// Encryption that nobody can change unnoticed: AES-256 in Galois/Counter Mode.
///
/// [NIST SP 800-38D](https://csrc.nist.gov/pubs/sp/800/38/d/final). A key may seal 2³² messages with random nonces.
package enum AESGCM {
    /// The bytes of a key.
    package static let keyLength = 32
    /// The bytes of a nonce, which no two messages of a key share.
    static let nonceLength = 12
    /// The bytes of the tag.
    static let tagLength = 16

    /// Seals a message: a new random nonce, what is encrypted, the tag.
    ///
    /// - Parameters:
    ///   - purpose: Is not in the result; only who names the same can open it.
    ///   - key: 32 bytes.
    /// - Throws: `OpenSSLError` where the key is not of 32 bytes, or there is no memory.
    package static func seal(_ message: [UInt8], for purpose: [UInt8], key: [UInt8]) throws(OpenSSLError) -> [UInt8] {
        guard key.count == keyLength, let context = CipherContext(), let length = Int32(exactly: message.count),
            let purposeLength = Int32(exactly: purpose.count)
        else { throw OpenSSLError("sealing") }
        var generator = SystemRandomNumberGenerator()
        let nonce = (0..<nonceLength).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
        var sealed = [UInt8](repeating: 0, count: message.count + 16)
        var tag = [UInt8](repeating: 0, count: tagLength)
        var (ignored, written, last) = (Int32(0), Int32(0), Int32(0))
        guard EVP_EncryptInit_ex(context.pointer, EVP_aes_256_gcm(), nil, key, nonce) == 1,
            EVP_EncryptUpdate(context.pointer, nil, &ignored, purpose, purposeLength) == 1,
            EVP_EncryptUpdate(context.pointer, &sealed, &written, message, length) == 1,
            EVP_EncryptFinal_ex(context.pointer, &tag, &last) == 1,
            EVP_CIPHER_CTX_ctrl(context.pointer, EVP_CTRL_AEAD_GET_TAG, Int32(tagLength), &tag) == 1
        else { throw OpenSSLError("sealing") }
        return nonce + sealed.prefix(message.count) + tag
    }

    /// The message; nil where it was not sealed so by this key for this purpose, or was changed.
    package static func open(_ sealed: [UInt8], for purpose: [UInt8], key: [UInt8]) -> [UInt8]? {
        let length = sealed.count - nonceLength - tagLength
        guard key.count == keyLength, length >= 0, let context = CipherContext(), let count = Int32(exactly: length),
            let purposeLength = Int32(exactly: purpose.count)
        else { return nil }
        let nonce = Array(sealed.prefix(nonceLength))
        let body = Array(sealed.dropFirst(nonceLength).prefix(length))
        var tag = Array(sealed.suffix(tagLength))
        var message = [UInt8](repeating: 0, count: length + 16)
        var (ignored, written, last) = (Int32(0), Int32(0), Int32(0))
        var rest = [UInt8](repeating: 0, count: 16)
        guard EVP_DecryptInit_ex(context.pointer, EVP_aes_256_gcm(), nil, key, nonce) == 1,
            EVP_DecryptUpdate(context.pointer, nil, &ignored, purpose, purposeLength) == 1,
            EVP_DecryptUpdate(context.pointer, &message, &written, body, count) == 1,
            EVP_CIPHER_CTX_ctrl(context.pointer, EVP_CTRL_AEAD_SET_TAG, Int32(tagLength), &tag) == 1,
            EVP_DecryptFinal_ex(context.pointer, &rest, &last) == 1
        else {
            // What it notes of a wrong one must not be found by the next who asks on this thread.
            ERR_clear_error()
            return nil
        }
        return Array(message.prefix(length))
    }
}

/// An `EVP_CIPHER_CTX`, freed with its owner.
private struct CipherContext: ~Copyable {
    let pointer: OpaquePointer

    init?() {
        guard let context = EVP_CIPHER_CTX_new() else { return nil }
        pointer = context
    }

    deinit { EVP_CIPHER_CTX_free(pointer) }
}
