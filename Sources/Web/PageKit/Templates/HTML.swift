/// Markup that a page may hold. Text becomes markup by being escaped, and by nothing else: there is no way in for a string that is
/// taken as it is.
///
///     "Closed \(title). \(link)"    // the title is escaped, the link is a component
package struct HTML: Sendable, Hashable {
    /// The markup.
    package let markup: String

    /// For templates, which write markup, and for numbers of drawings.
    init(markup: String) { self.markup = markup }

    /// Nothing.
    package static let empty = HTML(markup: "")

    /// Text to be read: characters that cannot be seen, or that turn the direction of what follows, are written as `⟨U+202E⟩`.
    package init(_ text: some StringProtocol) { markup = Escaping.escaped(VisibleText.of(text)) }

    /// Text that has to come back as it is: what stands in a field or is copied. It looks as the browser makes it look.
    package init(exact text: some StringProtocol) { markup = Escaping.escaped(text) }

    /// Components, one after another.
    package init(_ parts: [any Component]) { markup = parts.map(\.html.markup).joined() }

    /// Whether there is nothing.
    package var isEmpty: Bool { markup.isEmpty }

    /// The words alone, as a person reads them: without elements, and with one blank between words.
    package var text: String {
        var (words, isInside) = ([UInt8](), false)
        for byte in markup.utf8 {
            switch byte {
            case UInt8(ascii: "<"): (isInside, words) = (true, words + [UInt8(ascii: " ")])
            case UInt8(ascii: ">") where isInside: isInside = false
            default: if !isInside { words.append(byte) }
            }
        }
        let text = String(decoding: words, as: UTF8.self).split(whereSeparator: \.isWhitespace).joined(separator: " ")
        // A sign that ends a sentence stands beside the word that an element ended with.
        return [".", ",", ":", ";", ")"].reduce(Escaping.unescaped(text)) { $0.replacing(" \($1)", with: $1) }
    }

    /// One after the other.
    package static func + (left: HTML, right: HTML) -> HTML { HTML(markup: left.markup + right.markup) }
}

extension HTML: Component {
    package var html: HTML { self }
}

extension HTML: ExpressibleByStringInterpolation {
    /// Escapes the text.
    package init(stringLiteral text: String) { self.init(text) }

    /// Takes what was gathered.
    package init(stringInterpolation: StringInterpolation) { markup = stringInterpolation.markup }

    /// Gathers words, values and components.
    package struct StringInterpolation: StringInterpolationProtocol {
        var markup = ""

        /// For the compiler.
        package init(literalCapacity: Int, interpolationCount: Int) {}

        /// Escapes the words.
        package mutating func appendLiteral(_ text: String) { markup += Escaping.escaped(text) }

        /// Escapes a text.
        package mutating func appendInterpolation(_ text: some StringProtocol) { markup += HTML(text).markup }

        /// Escapes a name.
        package mutating func appendInterpolation(_ name: some RawRepresentable<String>) {
            markup += HTML(name.rawValue).markup
        }

        /// Writes a whole number in full, thousands by comma.
        package mutating func appendInterpolation(_ number: some BinaryInteger) { markup += NumberText.count(number) }

        /// Puts a component in.
        package mutating func appendInterpolation(_ component: some Component) { markup += component.html.markup }
    }
}

extension String.StringInterpolation {
    /// A component is markup: within a text it would be shown as the value that it is in the source. Write the text as `HTML`.
    @available(*, unavailable, message: "a component belongs into HTML, not into a String")
    package mutating func appendInterpolation(_ component: some Component) {}
}

/// A part of a page.
package protocol Component: Sendable {
    /// Its markup, whole: each element that it opens it closes.
    var html: HTML { get }
}

/// What markup would take for its own.
enum Escaping {
    /// What `escaped` wrote, as it was.
    static func unescaped(_ markup: String) -> String {
        [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&#39;", "'"), ("&#13;", "\r"), ("&amp;", "&")]
            .reduce(markup) { $0.replacing($1.0, with: $1.1) }
    }

    private static func isMarkup(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "&"), UInt8(ascii: "<"), UInt8(ascii: ">"), UInt8(ascii: "\""), UInt8(ascii: "'"),
            UInt8(ascii: "\r"), 0:
            true
        default: false
        }
    }

    static func escaped(_ text: some StringProtocol) -> String {
        guard text.utf8.contains(where: isMarkup) else { return String(text) }
        var markup: [UInt8] = []
        markup.reserveCapacity(text.utf8.count + 16)
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "&"): markup += "&amp;".utf8
            case UInt8(ascii: "<"): markup += "&lt;".utf8
            case UInt8(ascii: ">"): markup += "&gt;".utf8
            case UInt8(ascii: "\""): markup += "&quot;".utf8
            case UInt8(ascii: "'"): markup += "&#39;".utf8
            // A browser would make a line feed of it.
            case UInt8(ascii: "\r"): markup += "&#13;".utf8
            // No page may hold it.
            case 0: markup += "\u{FFFD}".utf8
            default: markup.append(byte)
            }
        }
        return String(decoding: markup, as: UTF8.self)
    }
}
