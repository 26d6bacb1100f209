import COpenSSL

/// Keys of other kinds than Ed25519: those that sign a hash, and are written in DER.
extension KeyHandle {
    /// What kind of key is made.
    enum Kind {
        case p256
        case rsa(bits: Int)
    }

    init(generating kind: Kind) throws(OpenSSLError) {
        let id =
            switch kind {
            case .p256: EVP_PKEY_EC
            case .rsa: EVP_PKEY_RSA
            }
        guard let context = EVP_PKEY_CTX_new_id(id, nil) else { throw OpenSSLError("making a key") }
        defer { EVP_PKEY_CTX_free(context) }
        guard EVP_PKEY_keygen_init(context) == 1 else { throw OpenSSLError("making a key") }
        let isSet =
            switch kind {
            case .p256: EVP_PKEY_CTX_set_ec_paramgen_curve_nid(context, NID_X9_62_prime256v1)
            case .rsa(let bits): EVP_PKEY_CTX_set_rsa_keygen_bits(context, Int32(clamping: bits))
            }
        var key: OpaquePointer?
        guard isSet == 1, EVP_PKEY_keygen(context, &key) == 1, let key else { throw OpenSSLError("making a key") }
        self.init(owning: key)
    }

    /// A public key as X.509 writes it (SubjectPublicKeyInfo).
    init(publicKeyInfo bytes: [UInt8]) throws(OpenSSLError) {
        let key = bytes.withUnsafeBufferPointer { bytes in
            var start = bytes.baseAddress
            return d2i_PUBKEY(nil, &start, bytes.count)
        }
        guard let key else { throw OpenSSLError("reading a public key") }
        self.init(owning: key)
    }

    /// What `privateBytes` gave.
    init(privateBytes bytes: [UInt8]) throws(OpenSSLError) {
        let key = bytes.withUnsafeBufferPointer { bytes in
            var start = bytes.baseAddress
            return d2i_AutoPrivateKey(nil, &start, bytes.count)
        }
        guard let key else { throw OpenSSLError("reading a private key") }
        self.init(owning: key)
    }

    func publicKeyInfo() throws(OpenSSLError) -> [UInt8] {
        try Self.written("telling a public key") { i2d_PUBKEY(pointer, $0) }
    }

    func privateBytes() throws(OpenSSLError) -> [UInt8] {
        try Self.written("telling a private key") { i2d_PrivateKey(pointer, $0) }
    }

    /// A number that the key is made of, most significant byte first.
    func number(_ name: String) throws(OpenSSLError) -> [UInt8] {
        var number: OpaquePointer?
        guard EVP_PKEY_get_bn_param(pointer, name, &number) == 1, let number else {
            throw OpenSSLError("telling a public key")
        }
        defer { BN_free(number) }
        var bytes = [UInt8](repeating: 0, count: Int(BN_num_bits(number) + 7) / 8)
        BN_bn2bin(number, &bytes)
        return bytes
    }

    func signSHA256(_ message: [UInt8]) throws(OpenSSLError) -> [UInt8] {
        let context = try DigestContext()
        var count = 0
        guard EVP_DigestSignInit(context.pointer, nil, EVP_sha256(), nil, pointer) == 1,
            EVP_DigestSign(context.pointer, nil, &count, message, message.count) == 1
        else { throw OpenSSLError("signing") }
        var signature = [UInt8](repeating: 0, count: count)
        guard EVP_DigestSign(context.pointer, &signature, &count, message, message.count) == 1 else {
            throw OpenSSLError("signing")
        }
        return Array(signature.prefix(count))
    }

    func verifiesSHA256(_ signature: [UInt8], of message: [UInt8]) -> Bool {
        verifies(signature, of: message, hash: EVP_sha256())
    }

    /// What one of OpenSSL's writers of DER writes: asked for the length first.
    private static func written(
        _ operation: String,
        _ write: (UnsafeMutablePointer<UnsafeMutablePointer<UInt8>?>?) -> Int32
    ) throws(OpenSSLError) -> [UInt8] {
        let length = Int(write(nil))
        guard length > 0 else { throw OpenSSLError(operation) }
        var bytes = [UInt8](repeating: 0, count: length)
        let written = bytes.withUnsafeMutableBufferPointer { bytes in
            var start = bytes.baseAddress
            return Int(write(&start))
        }
        guard written == length else { throw OpenSSLError(operation) }
        return bytes
    }
}
