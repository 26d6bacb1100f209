import COpenSSL

/// An `EVP_PKEY`, freed with its owner. The keys that are raw bytes are of Ed25519.
struct KeyHandle: ~Copyable {
    let pointer: OpaquePointer

    init(owning pointer: OpaquePointer) { self.pointer = pointer }

    init(privateKey bytes: [UInt8]) throws(OpenSSLError) {
        guard bytes.count == Ed25519.keyLength,
            let key = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nil, bytes, bytes.count)
        else { throw OpenSSLError("reading a private key") }
        pointer = key
    }

    init(publicKey bytes: [UInt8]) throws(OpenSSLError) {
        guard bytes.count == Ed25519.keyLength,
            let key = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nil, bytes, bytes.count)
        else { throw OpenSSLError("reading a public key") }
        pointer = key
    }

    deinit { EVP_PKEY_free(pointer) }

    func publicKey() throws(OpenSSLError) -> Ed25519.PublicKey {
        var bytes = [UInt8](repeating: 0, count: Ed25519.keyLength)
        var count = bytes.count
        guard EVP_PKEY_get_raw_public_key(pointer, &bytes, &count) == 1, count == bytes.count else {
            throw OpenSSLError("telling a public key")
        }
        return try Ed25519.PublicKey(bytes: bytes)
    }

    func sign(_ message: [UInt8]) throws(OpenSSLError) -> [UInt8] {
        let context = try DigestContext()
        var signature = [UInt8](repeating: 0, count: Ed25519.signatureLength)
        var count = signature.count
        guard EVP_DigestSignInit(context.pointer, nil, nil, nil, pointer) == 1,
            EVP_DigestSign(context.pointer, &signature, &count, message, message.count) == 1, count == signature.count
        else { throw OpenSSLError("signing") }
        return signature
    }

    /// - Parameter hash: What is signed; nil where the kind of key knows itself.
    func verifies(_ signature: [UInt8], of message: [UInt8], hash: OpaquePointer? = nil) -> Bool {
        guard let context = try? DigestContext(), EVP_DigestVerifyInit(context.pointer, nil, hash, nil, pointer) == 1
        else { return false }
        // 1 alone means yes: 0 is another signature, anything else an error.
        let verdict = EVP_DigestVerify(context.pointer, signature, signature.count, message, message.count)
        // What it notes of a wrong one must not be found by the next who asks on this thread.
        if verdict != 1 { ERR_clear_error() }
        return verdict == 1
    }
}

/// An `EVP_MD_CTX`, freed with its owner.
struct DigestContext: ~Copyable {
    let pointer: OpaquePointer

    init() throws(OpenSSLError) {
        guard let context = EVP_MD_CTX_new() else { throw OpenSSLError("making a context") }
        pointer = context
    }

    deinit { EVP_MD_CTX_free(pointer) }
}
