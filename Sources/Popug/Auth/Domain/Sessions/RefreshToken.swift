import HTTPKit
import OpenSSL
import ServiceKit

/// What a client gets its next access token with, good for one use: 128 random bits that all tokens of a session begin
/// with, its family, and 128 of its own. Only hashes of both are stored.
///
/// So a token that was used before is told from one that never was by its family alone, for as long as the session is
/// remembered, and no token but the last is kept.
struct RefreshToken: Sendable {
    private static let part = 16

    /// What the client holds.
    let text: String

    /// The first one of a new session.
    init() { self.init(family: Self.random()) }

    /// What a client sent.
    init(_ text: String) { self.text = text }

    private init(family: [UInt8]) { text = Base64URL.encode(family + Self.random()) }

    /// Another one of the same family; of a new one where this is none of ours.
    func next() -> RefreshToken { RefreshToken(family: family ?? Self.random()) }

    /// SHA-256: with so many random bits there is nothing to guess, so it need not be slow.
    var hash: [UInt8] { SHA256.hash(text.utf8) }

    /// The same of its family; nil where it has none, so that it is none of ours.
    var familyHash: [UInt8]? { family.map { SHA256.hash($0) } }

    private var family: [UInt8]? {
        guard text.utf8.count <= 64, let bytes = Base64URL.decode(text), bytes.count == 2 * Self.part else {
            return nil
        }
        return Array(bytes.prefix(Self.part))
    }

    private static func random() -> [UInt8] {
        var generator = SystemRandomNumberGenerator()
        return (0..<part).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
    }
}
