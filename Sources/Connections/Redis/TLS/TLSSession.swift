import COpenSSL

#if canImport(Darwin)
    import Darwin
#elseif canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// Owns an `SSL`: TLS on one connected socket. It never waits.
///
/// Not `Sendable`: it belongs to its connection's thread. The socket is somebody else's, and has to outlive it.
final class TLSSession {
    /// What a step came to.
    enum Step {
        /// So many bytes; at least one. After a handshake: none.
        case done(Int)
        /// Again, when the socket can be read (`POLLIN`) or written (`POLLOUT`).
        case wait(Int32)
        /// The other side ended the connection.
        case closed
        /// The system's reason, an `errno`.
        case broken(Int32)
        case failed(TLSFailure)
    }

    private let session: OpaquePointer
    private let context: TLSContext
    private let transport: UnsafeMutablePointer<SocketTransport>
    /// What the certificate has to be for.
    private let name: String
    /// What is wrong with the server's certificate.
    private var refusal: String?
    /// Whether a byte of Redis has come. Until then a server may still refuse this client: in TLS 1.3 it looks at the client's
    /// certificate when the client's handshake is done.
    private(set) var isAccepted = false

    /// - Parameters:
    ///   - socket: Connected; all reading and writing of it is done here.
    ///   - name: A host's name, or an address in digits: what the server's certificate has to be for. There is no way around that.
    init(_ context: TLSContext, on socket: Int32, to name: String) throws(TLSFailure) {
        guard let session = SSL_new(context.pointer), let bio = BIO_new(context.transport) else {
            throw TLSFailure("OpenSSL is out of memory")
        }
        self.context = context
        self.session = session
        self.name = name
        transport = .allocate(capacity: 1)
        transport.initialize(to: SocketTransport(socket))
        BIO_set_data(bio, transport)
        BIO_set_init(bio, 1)
        SSL_set_bio(session, bio, bio)
        // By this the verification finds its session.
        SSL_set_ex_data(session, 0, Unmanaged.passUnretained(self).toOpaque())
        let isBound =
            if Self.isAddress(name) {
                X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(session), name) == 1
            } else {
                SSL_set1_host(session, name) == 1 && tls_set_server_name(session, name) == 1
            }
        guard isBound else { throw TLSFailure("\"\(name)\" is no name that a certificate can be for") }
        SSL_set_hostflags(session, UInt32(X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS))
    }

    deinit {
        // Frees the BIO too.
        SSL_free(session)
        transport.deallocate()
    }

    /// A step of the handshake.
    func handshake() -> Step {
        ERR_clear_error()
        let result = SSL_connect(session)
        return result == 1 ? .done(0) : outcome(of: result)
    }

    /// Reads what has come, decrypted.
    func read(into bytes: UnsafeMutableRawBufferPointer) -> Step {
        ERR_clear_error()
        let result = SSL_read(session, bytes.baseAddress, Int32(clamping: bytes.count))
        guard result > 0 else { return outcome(of: result) }
        isAccepted = true
        return .done(Int(result))
    }

    /// Writes from the first byte on as much as is taken.
    ///
    /// After `.wait` it has to be called with the same bytes again; more may follow them.
    func write(_ bytes: UnsafeRawBufferPointer) -> Step {
        ERR_clear_error()
        let result = SSL_write(session, bytes.baseAddress, Int32(clamping: bytes.count))
        if result > 0 { return .done(Int(result)) }
        let step = outcome(of: result)
        // Who refuses us says so and closes: what was said is still there to be read.
        if case .broken = step, case .failed(let failure) = lastWords() { return .failed(failure) }
        return step
    }

    private func lastWords() -> Step {
        var byte: UInt8 = 0
        return withUnsafeMutableBytes(of: &byte) { read(into: $0) }
    }

    private func outcome(of result: Int32) -> Step {
        switch SSL_get_error(session, result) {
        case SSL_ERROR_WANT_READ: return .wait(Int32(POLLIN))
        case SSL_ERROR_WANT_WRITE: return .wait(Int32(POLLOUT))
        case SSL_ERROR_ZERO_RETURN: return .closed
        case SSL_ERROR_SYSCALL:
            ERR_clear_error()
            return transport.pointee.cause == 0 ? .closed : .broken(transport.pointee.cause)
        default:
            if let refusal {
                ERR_clear_error()
                return .failed(TLSFailure(refusal))
            }
            if transport.pointee.isClosed, ERR_GET_REASON(ERR_peek_error()) == SSL_R_UNEXPECTED_EOF_WHILE_READING {
                ERR_clear_error()
                return .closed
            }
            return .failed(TLSFailure.ofQueue(hasCertificate: context.hasCertificate))
        }
    }

    /// Called by the verification, within `handshake()`, on each certificate that it refuses.
    static func note(refused chain: OpaquePointer) {
        guard let session = X509_STORE_CTX_get_ex_data(chain, SSL_get_ex_data_X509_STORE_CTX_idx()),
            let owner = SSL_get_ex_data(OpaquePointer(session), 0)
        else { return }
        // Alive: it is the one that is in `handshake()`.
        Unmanaged<TLSSession>.fromOpaque(owner).takeUnretainedValue().refuse(chain)
    }

    private func refuse(_ chain: OpaquePointer) {
        let code = X509_STORE_CTX_get_error(chain)
        let words = X509_verify_cert_error_string(Int(code)).map { String(cString: $0) } ?? "refused"
        guard let certificate = X509_STORE_CTX_get_current_cert(chain) else {
            refusal = "the server's certificate is refused: \(words)"
            return
        }
        let names = CertificateText.names(of: certificate)
        refusal =
            switch code {
            case X509_V_ERR_HOSTNAME_MISMATCH, X509_V_ERR_IP_ADDRESS_MISMATCH:
                "the server's certificate is not for \"\(name)\" (\(words)) but for \(CertificateText.places(of: certificate)): "
                    + names
            case X509_V_ERR_CERT_HAS_EXPIRED:
                "the server's certificate is refused: \(words), on \(CertificateText.end(of: certificate)): \(names)"
            case X509_V_ERR_CERT_NOT_YET_VALID:
                "the server's certificate is refused: \(words), but from \(CertificateText.beginning(of: certificate)): "
                    + names
            default:
                "the server's certificate is refused: \(words): \(names); trusted is \(context.trusted)"
            }
    }

    /// Digits: a certificate names addresses apart from names, and they are not told to the server.
    private static func isAddress(_ name: String) -> Bool {
        var room = in6_addr()
        return inet_pton(AF_INET, name, &room) == 1 || inet_pton(AF_INET6, name, &room) == 1
    }
}
