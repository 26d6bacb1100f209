import HTTPKit
import OpenSSL
package import Times

/// Puts what a browser shall keep for us into a cookie that it can neither read nor change.
///
/// The value ends at its time, whatever the browser does. It is bound to the cookie's name: it does not serve under another one.
/// A stolen one serves its thief until then; what has to end at once is also kept on the server.
package struct CookieSeal: Sendable {
    /// The first byte of what is sealed.
    private static let version: UInt8 = 1
    private let keys: SecretKeys

    /// The first key seals, all of them open.
    package init(_ keys: SecretKeys) { self.keys = keys }

    /// The value of the cookie: base64url. Browsers keep 4096 bytes with the name; more than 2900 bytes of content do not fit.
    ///
    /// - Throws: where the content is too long.
    package func seal(_ content: [UInt8], as name: CookieName, until end: Timestamp) throws -> String {
        guard content.count <= 2900 else { throw TooLong() }
        let key = keys.current
        let time = withUnsafeBytes(of: end.microsecondsSince1970.bigEndian) { Array($0) }
        let sealed = try AESGCM.seal(time + content, for: Self.purpose(name), key: key.derived(for: "cookie"))
        return Base64URL.encode([Self.version] + key.id + sealed)
    }

    /// The content; nil where it was not sealed by a key of ours under this name, was changed, or has ended.
    package func open(_ value: String, as name: CookieName, now: Timestamp = .now) -> [UInt8]? {
        guard value.utf8.count <= 4096, let bytes = Base64URL.decode(value), bytes.first == Self.version else {
            return nil
        }
        let id = bytes.dropFirst().prefix(4)
        let sealed = Array(bytes.dropFirst(5))
        for key in keys.all where key.id.elementsEqual(id) {
            guard let opened = AESGCM.open(sealed, for: Self.purpose(name), key: key.derived(for: "cookie")),
                opened.count >= 8
            else { continue }
            let end = opened.prefix(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
            guard now.microsecondsSince1970 < Int64(bitPattern: end) else { return nil }
            return Array(opened.dropFirst(8))
        }
        return nil
    }

    /// The content is too long for a cookie.
    package struct TooLong: Error {}

    private static func purpose(_ name: CookieName) -> [UInt8] { Array(name.description.utf8) }
}
