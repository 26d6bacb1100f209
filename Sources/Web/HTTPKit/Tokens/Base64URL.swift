import Foundation

/// Bytes as text for URLs and tokens: base64url without padding.
///
/// [RFC 4648, section 5](https://www.rfc-editor.org/rfc/rfc4648#section-5)
package enum Base64URL {
    package static func encode(_ bytes: some Sequence<UInt8>) -> String {
        let base64 = Data(bytes).base64EncodedString()
        return String(base64.compactMap { $0 == "+" ? "-" : $0 == "/" ? "_" : $0 == "=" ? nil : $0 })
    }

    /// The bytes; nil where `encode` would have written them in another way: two texts never mean the same bytes.
    package static func decode(_ text: some StringProtocol) -> [UInt8]? {
        let standard = text.map { $0 == "-" ? "+" : $0 == "_" ? "/" : $0 }
        let padding = String(repeating: "=", count: (4 - standard.count % 4) % 4)
        guard let data = Data(base64Encoded: String(standard) + padding), encode(data).utf8.elementsEqual(text.utf8)
        else { return nil }
        return Array(data)
    }
}
