/// A certificate with its private key: two files in PEM.
public struct LocalCertificate: Sendable {
    /// The certificate's file.
    public let certificate: String
    /// The private key's file; it is not encrypted.
    public let key: String
    /// Who issued it. The files live as long as this does.
    public let authority: LocalCertificateAuthority
}
