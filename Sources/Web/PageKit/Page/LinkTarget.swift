import Foundation

/// Where a link or a form leads: a path of our own, or a page of http or https. Nothing else can be one, so no text of a stranger
/// becomes a script by being clicked.
package struct LinkTarget: Sendable, Hashable, ExpressibleByStringLiteral {
    /// As it stands in the page.
    package let description: String

    /// A path of this program, such as `/groups?state=behind`; nil for anything that a browser would take for another host's.
    package init?(path: String) {
        guard path.hasPrefix("/"), !path.hasPrefix("//"), Self.isPlain(path) else { return nil }
        description = path
    }

    /// A page of any host, by http or https; nil for other schemes, and for a user or password in it.
    package init?(url: String) {
        guard let parts = URLComponents(string: url), let scheme = parts.scheme?.lowercased(),
            scheme == "http" || scheme == "https", parts.host?.isEmpty == false, parts.user == nil,
            parts.password == nil,
            Self.isPlain(url)
        else { return nil }
        description = url
    }

    /// A place on the same page.
    package init(fragment: String) { description = "#" + Self.encoded(fragment) }

    /// A path of segments and fields, which are encoded, whoever wrote them; nil where a segment is empty, `.` or `..`, by which a browser
    /// would go elsewhere.
    ///
    /// - Parameter query: Fields in this order; those without a value are left out.
    package init?(_ segments: [String], query: [(String, String?)] = []) {
        guard segments.allSatisfy({ !["", ".", ".."].contains($0) }) else { return nil }
        let path = "/" + segments.map(Self.encoded).joined(separator: "/")
        let fields = query.compactMap { name, value in
            value.map { "\(Self.encoded(name))=\(Self.encoded($0))" }
        }
        description = fields.isEmpty ? path : "\(path)?\(fields.joined(separator: "&"))"
    }

    /// A path in the source: `"/groups"`.
    package init(stringLiteral path: StaticString) {
        guard let target = LinkTarget(path: path.description) else {
            preconditionFailure("\(path) is no path")
        }
        self = target
    }

    /// A browser reads a backslash as a slash and drops controls.
    private static func isPlain(_ text: String) -> Bool {
        text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "\\") }
    }

    private static let kept = CharacterSet(
        charactersIn: "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~"
    )

    /// Percent-encoded, for a segment or a field of an address.
    static func encoded(_ text: String) -> String {
        text.addingPercentEncoding(withAllowedCharacters: kept) ?? ""
    }
}
