import COpenSSL

#if canImport(Darwin)
    import Darwin
#elseif canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// Owns an `SSL_CTX`: whom a client trusts, and what it shows of itself. Shared by all sessions of a configuration.
///
/// Why `@unchecked Sendable`: both pointers are constants, and what they point to is not changed after `init`. Sessions only
/// take references of the `SSL_CTX`, which OpenSSL counts atomically, and read the table of functions.
final class TLSContext: @unchecked Sendable {
    let pointer: OpaquePointer
    /// How sessions reach their sockets.
    let transport: OpaquePointer
    let hasCertificate: Bool
    /// Whom it trusts, in words.
    let trusted: String

    /// - Throws: `.configuration`, naming the file that cannot be used.
    init(_ files: TLSFiles) throws(RedisError) {
        guard let context = SSL_CTX_new(TLS_client_method()) else {
            throw Self.unusable("TLS", "OpenSSL is out of memory")
        }
        guard let transport = SocketTransport.make() else {
            SSL_CTX_free(context)
            throw Self.unusable("TLS", "OpenSSL is out of memory")
        }
        pointer = context
        self.transport = transport
        hasCertificate = files.certificate != nil
        trusted =
            files.authorities.map { "what \($0) holds" } ?? "what the system trusts (cacert=FILE names another CA)"
        guard tls_client_defaults(context) == 1 else { throw Self.unusable("TLS", "OpenSSL refuses TLS 1.2") }
        SSL_CTX_set_default_read_buffer_len(context, 1 << 16)
        // The callback keeps what is wrong, and never overrules it.
        SSL_CTX_set_verify(context, SSL_VERIFY_PEER) { isTrusted, chain in
            if isTrusted != 1, let chain { TLSSession.note(refused: chain) }
            return isTrusted
        }
        // Nobody is there to type it.
        SSL_CTX_set_default_passwd_cb(context) { _, _, _, _ in -1 }
        try trust(files.authorities)
        if let certificate = files.certificate { try show(certificate, key: files.key ?? certificate) }
    }

    deinit {
        SSL_CTX_free(pointer)
        BIO_meth_free(transport)
    }

    private func trust(_ file: String?) throws(RedisError) {
        guard let file else {
            guard SSL_CTX_set_default_verify_paths(pointer) == 1 else {
                throw Self.unusable("certificates of the system's CAs", Self.reason())
            }
            return
        }
        try Self.requireFile(file, "cacert")
        guard SSL_CTX_load_verify_locations(pointer, file, nil) == 1 else {
            throw Self.unusable("cacert \(file)", "no CA certificates in PEM can be read from it: \(Self.reason())")
        }
    }

    private func show(_ certificate: String, key: String) throws(RedisError) {
        try Self.requireFile(certificate, "cert")
        guard SSL_CTX_use_certificate_chain_file(pointer, certificate) == 1 else {
            throw Self.unusable("cert \(certificate)", "no certificate in PEM can be read from it: \(Self.reason())")
        }
        try Self.requireFile(key, "key")
        guard SSL_CTX_use_PrivateKey_file(pointer, key, SSL_FILETYPE_PEM) == 1 else {
            throw Self.unusable(
                "key \(key)",
                "no private key of the certificate, in PEM and not encrypted, can be read from it: \(Self.reason())"
            )
        }
    }

    private static func requireFile(_ file: String, _ parameter: String) throws(RedisError) {
        guard access(file, R_OK) == 0 else {
            throw unusable("\(parameter) \(file)", String(cString: strerror(errno)))
        }
    }

    private static func unusable(_ what: String, _ reason: String) -> RedisError {
        RedisError(.configuration, "The Redis URL's \(what): \(reason).")
    }

    private static func reason() -> String {
        let code = ERR_peek_last_error()
        ERR_clear_error()
        return ERR_reason_error_string(code).map { String(cString: $0) } ?? "no reason is told"
    }
}
