/// What a private server shows on its port with TLS, and what it asks of clients.
public struct LocalTLS: Sendable {
    /// Clients have to trust it, and a client's certificate has to be of it.
    public var authority: LocalCertificateAuthority
    /// What the server shows.
    public var certificate: LocalCertificate
    /// Whether a client has to show a certificate.
    public var requiresClientCertificate: Bool

    /// - Parameters:
    ///   - authority: also the issuer of clients' certificates.
    ///   - certificate: default: a new one of the authority, for `localhost` and 127.0.0.1.
    /// - Throws: `LocalServerError` when the certificate cannot be made.
    public init(
        _ authority: LocalCertificateAuthority,
        certificate: LocalCertificate? = nil,
        requiresClientCertificate: Bool = false
    ) throws(LocalServerError) {
        self.authority = authority
        self.certificate = if let certificate { certificate } else { try authority.issue() }
        self.requiresClientCertificate = requiresClientCertificate
    }

    /// The lines of `redis.conf`.
    func settings(port: Int) -> [String: String] {
        [
            "tls-port": String(port), "tls-ca-cert-file": configurationValue(authority.certificate),
            "tls-cert-file": configurationValue(certificate.certificate),
            "tls-key-file": configurationValue(certificate.key),
            "tls-auth-clients": requiresClientCertificate ? "yes" : "no",
        ]
    }
}
