import HTTPKit
import OpenSSL

/// 256 random bits that stand for something of ours, such as a cookie or a code. The database has only their hash.
struct Secret: Sendable {
    /// 43 characters of base64url.
    let text: String

    /// A new one.
    init() {
        var generator = SystemRandomNumberGenerator()
        text = Base64URL.encode((0..<32).map { _ in UInt8.random(in: .min ... .max, using: &generator) })
    }

    /// What somebody sent; nil where it is none of ours.
    init?(_ text: String?) {
        guard let text, text.utf8.count == 43, Base64URL.decode(text)?.count == 32 else { return nil }
        self.text = text
    }

    /// SHA-256: with so many random bits there is nothing to guess, so it need not be slow.
    var hash: [UInt8] { SHA256.hash(text.utf8) }
}
