import COpenSSL

/// What is told of a certificate that was refused. All of it comes from outside: it is cut, and holds printable ASCII only.
enum CertificateText {
    /// `"CN=redis", issued by "CN=Our CA"`.
    static func names(of certificate: OpaquePointer) -> String {
        let subject = printed { tls_print_name($0, X509_get_subject_name(certificate)) > 0 }
        let issuer = printed { tls_print_name($0, X509_get_issuer_name(certificate)) > 0 }
        return "\"\(subject)\", issued by \"\(issuer)\""
    }

    /// The names and addresses that it is for: `DNS:localhost, IP Address:127.0.0.1`.
    static func places(of certificate: OpaquePointer) -> String {
        let index = X509_get_ext_by_NID(certificate, NID_subject_alt_name, -1)
        guard index >= 0, let names = X509_get_ext(certificate, index) else { return "no name" }
        return printed { X509V3_EXT_print($0, names, 0, 0) == 1 }
    }

    /// `Nov 30 10:32:37 2026 GMT`.
    static func end(of certificate: OpaquePointer) -> String {
        printed { ASN1_TIME_print($0, X509_get0_notAfter(certificate)) == 1 }
    }

    /// `Nov 30 10:32:37 2026 GMT`.
    static func beginning(of certificate: OpaquePointer) -> String {
        printed { ASN1_TIME_print($0, X509_get0_notBefore(certificate)) == 1 }
    }

    private static func printed(_ print: (OpaquePointer) -> Bool) -> String {
        guard let bio = BIO_new(BIO_s_mem()) else { return "?" }
        defer { BIO_free(bio) }
        var start: UnsafeMutablePointer<CChar>?
        guard print(bio) else {
            ERR_clear_error()
            return "?"
        }
        let count = tls_bio_text(bio, &start)
        guard let start, count > 0 else { return "" }
        let bytes = UnsafeRawBufferPointer(start: start, count: min(count, 300))
        let text = bytes.map { (0x20...0x7E).contains($0) ? $0 : UInt8(ascii: "?") }
        return String(decoding: text, as: UTF8.self) + (count > 300 ? "..." : "")
    }
}
