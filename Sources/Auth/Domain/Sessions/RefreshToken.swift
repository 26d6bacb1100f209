import OpenSSL
import ServiceKit

/// What a client gets its next access token with: 256 random bits, good for one use. Only its hash is stored.
struct RefreshToken: Sendable {
    /// What the client holds.
    let text: String

    /// A new one.
    init() {
        var generator = SystemRandomNumberGenerator()
        text = Base64URL.encode((0..<32).map { _ in UInt8.random(in: .min ... .max, using: &generator) })
    }

    /// What a client sent.
    init(_ text: String) { self.text = text }

    /// SHA-256: with so many random bits there is nothing to guess, so it need not be slow.
    var hash: [UInt8] { SHA256.hash(text.utf8) }
}
