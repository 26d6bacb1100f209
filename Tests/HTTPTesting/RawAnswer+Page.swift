import Foundation

/// A form of a page that is sent by POST, as it stands there.
package struct ShownForm: Sendable {
    package let action: String
    package var fields: [(String, String)]

    /// The same with another value of a field.
    package func with(_ name: String, _ value: String) -> ShownForm {
        var form = without(name)
        form.fields.append((name, value))
        return form
    }

    package func without(_ name: String) -> ShownForm {
        var form = self
        form.fields = fields.filter { $0.0 != name }
        return form
    }
}

extension RawAnswer {
    /// What a reader sees of the page, one space for any white space.
    package var words: String { Self.words(of: body) }

    /// The same of what is the page's own.
    package var said: String { Self.words(of: "<main" + (body.components(separatedBy: "<main").last ?? "")) }

    /// The forms of the page that change something, with what stands in their fields of one line.
    package var forms: [ShownForm] {
        body.components(separatedBy: "<form method=\"post\" action=\"").dropFirst().map { rest in
            let inside = rest.components(separatedBy: "</form>").first ?? ""
            return ShownForm(
                action: Self.plain(String(inside.prefix { $0 != "\"" })),
                fields: Self.fields(in: inside) { !$0.contains("type=\"radio\"") }
            )
        }
    }

    /// All hidden fields of the form that is sent there, in their order.
    package func hiddenFields(ofFormTo action: String) -> [(String, String)] {
        let form = body.components(separatedBy: "action=\"\(action)\"").dropFirst().first ?? ""
        let inside = form.components(separatedBy: "</form>").first ?? ""
        return Self.fields(in: inside) { $0.contains("type=\"hidden\"") }
    }

    /// The value of a hidden field of a form, such as its token: of the first that has this name.
    package func field(_ name: String) -> String? {
        Self.fields(in: body) { $0.contains("type=\"hidden\"") }.first { $0.0 == name }?.1
    }

    /// The links of the page that begin so.
    package func links(to beginning: String) -> [String] {
        body.components(separatedBy: "href=\"").dropFirst().map { Self.plain(String($0.prefix { $0 != "\"" })) }
            .filter { $0.hasPrefix(beginning) }
    }

    /// Where the link with these words leads.
    package func link(_ words: String) -> String? {
        let before = body.components(separatedBy: ">\(words)</a>")
        guard before.count > 1, let target = before[0].components(separatedBy: "href=\"").last else { return nil }
        return Self.plain(String(target.prefix { $0 != "\"" }))
    }

    private static func fields(in markup: String, _ isWanted: (String) -> Bool) -> [(String, String)] {
        markup.components(separatedBy: "<input ").dropFirst().compactMap { input in
            let tag = String(input.prefix { $0 != ">" })
            guard isWanted(tag), let name = attribute("name", tag) else { return nil }
            return (name, attribute("value", tag) ?? "")
        }
    }

    private static func attribute(_ name: String, _ tag: String) -> String? {
        (" " + tag).components(separatedBy: " \(name)=\"").dropFirst().first.map {
            plain(String($0.prefix { $0 != "\"" }))
        }
    }

    private static func words(of markup: String) -> String {
        let parts = markup.components(separatedBy: "<")
        let text = parts.prefix(1) + parts.dropFirst().map { String($0.drop { $0 != ">" }.dropFirst()) }
        return plain(text.joined(separator: " ")).split(whereSeparator: \.isWhitespace).joined(separator: " ")
    }

    private static func plain(_ text: String) -> String {
        [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&#39;", "'"), ("&amp;", "&")]
            .reduce(text) { $0.replacing($1.0, with: $1.1) }
    }
}
