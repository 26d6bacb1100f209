import COpenSSL

/// OpenSSL could not do what it was asked for.
package struct OpenSSLError: Error, CustomStringConvertible {
    /// What, and OpenSSL's own reason where it tells one.
    package let description: String

    /// Takes the reason from this thread's queue of errors, and leaves that empty.
    init(_ operation: String) {
        var text = [CChar](repeating: 0, count: 256)
        let code = ERR_peek_last_error()
        if code != 0 { ERR_error_string_n(code, &text, text.count) }
        ERR_clear_error()
        let reason = String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        description = reason.isEmpty ? "\(operation) failed" : "\(operation) failed: \(reason)"
    }
}
