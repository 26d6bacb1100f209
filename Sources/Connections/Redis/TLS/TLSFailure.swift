import COpenSSL

/// Why a TLS session did not come about or broke, in words.
struct TLSFailure: Error {
    let text: String

    init(_ text: String) { self.text = text }

    /// By this thread's queue of OpenSSL's errors, which is emptied.
    ///
    /// - Parameter hasCertificate: Whether the client shows a certificate of its own.
    static func ofQueue(hasCertificate: Bool) -> TLSFailure {
        let code = ERR_peek_error()
        ERR_clear_error()
        let reason = ERR_reason_error_string(code).map { String(cString: $0) } ?? "no reason is told"
        switch Int32(truncatingIfNeeded: ERR_GET_REASON(code)) {
        case SSL_R_WRONG_VERSION_NUMBER, SSL_R_HTTP_REQUEST:
            return TLSFailure("what answers there does not speak TLS (\(reason))")
        case SSL_R_UNEXPECTED_EOF_WHILE_READING:
            return TLSFailure("the server closed the connection")
        case SSL_R_TLSV13_ALERT_CERTIFICATE_REQUIRED:
            return TLSFailure("the server wants a client certificate, and none is set (cert=FILE&key=FILE)")
        // Above 1000 is what the other side says.
        case 1000...1255:
            let advice =
                hasCertificate ? "" : ", and no client certificate is set (cert=FILE&key=FILE): it may want one"
            return TLSFailure("the server refused: \(reason)\(advice)")
        default:
            return TLSFailure("TLS failed: \(reason)")
        }
    }
}
