import HTTPKit
import OpenSSL

/// 32 secret bytes that cookies and forms are sealed with.
package struct SecretKey: Sendable {
    let bytes: [UInt8]

    /// A new one, which nobody else has: what it seals is worth nothing after a restart.
    package init() {
        var generator = SystemRandomNumberGenerator()
        bytes = (0..<AESGCM.keyLength).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
    }

    /// One that was stored, such as in a file that several processes read; nil where it is not of 32 bytes.
    package init?(bytes: [UInt8]) {
        guard bytes.count == AESGCM.keyLength else { return nil }
        self.bytes = bytes
    }

    /// What an HMAC has made: it has as many bytes as a key.
    init(code: [UInt8]) { bytes = code }

    /// A key of its own for each purpose, so that what was made for one never serves another.
    func derived(for purpose: String) -> [UInt8] { HMAC.code(of: Array(purpose.utf8), key: bytes) }

    /// Names the key, and tells nothing of it.
    var id: [UInt8] { Array(derived(for: "id").prefix(4)) }
}

/// The keys of a program: the first seals, all of them open. So a key is replaced without logging anybody out: put the new one
/// first, and take the old one away when what it sealed has ended.
package struct SecretKeys: Sendable {
    let all: [SecretKey]

    /// - Parameter older: Those that only open.
    package init(_ current: SecretKey, older: [SecretKey] = []) { all = [current] + older }

    var current: SecretKey { all[0] }
}
