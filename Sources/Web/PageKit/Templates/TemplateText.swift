/// A template as it is filled: words, values, and parts that are shown, left out or repeated.
///
/// It is written in a part of [Mustache](https://mustache.github.io/mustache.5.html): `{{name}}` is a value; `{{#name}}…{{/name}}` a part
/// that is shown for each of a list, with what it is filled with, or once where there is a value; `{{^name}}…{{/name}}` one where there is
/// none. A name that a part is not filled with is looked for further out. Everything else, also each line break, is words.
struct TemplateText: Sendable {
    /// Why a text is no template: our own mistake, for templates are a part of the program.
    struct Malformed: Error, CustomStringConvertible {
        let description: String
    }

    private indirect enum Part: Sendable {
        case words(String)
        case value(String)
        case section(String, [Part], isInverted: Bool)
    }

    private let parts: [Part]

    init(_ source: String) throws(Malformed) {
        var rest = source[...]
        parts = try Self.parts(&rest, endingWith: nil)
    }

    private static func parts(_ rest: inout Substring, endingWith end: String?) throws(Malformed) -> [Part] {
        var parts: [Part] = []
        while let opening = rest.firstRange(of: "{{") {
            if opening.lowerBound > rest.startIndex { parts.append(.words(String(rest[..<opening.lowerBound]))) }
            rest = rest[opening.upperBound...]
            guard let closing = rest.firstRange(of: "}}") else { throw Malformed(description: "a tag is not closed") }
            let tag = String(rest[..<closing.lowerBound])
            rest = rest[closing.upperBound...]
            switch tag.first {
            case "#", "^":
                let name = String(tag.dropFirst())
                let inner = try Self.parts(&rest, endingWith: name)
                parts.append(.section(name, inner, isInverted: tag.first == "^"))
            case "/":
                guard tag.dropFirst() == end ?? "" else { throw Malformed(description: "{{\(tag)}} closes nothing") }
                return parts
            default:
                guard tag.utf8.allSatisfy(isOfName), !tag.isEmpty else {
                    throw Malformed(description: "{{\(tag)}} is no name")
                }
                parts.append(.value(tag))
            }
        }
        guard end == nil else { throw Malformed(description: "{{#\(end ?? "")}} is not closed") }
        if !rest.isEmpty { parts.append(.words(String(rest))) }
        return parts
    }

    private static func isOfName(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
        default: false
        }
    }

    /// The markup.
    ///
    /// - Parameter onMissing: Hears of names that nothing is filled with.
    func filled(with values: TemplateValues, onMissing: (String) -> Void) -> String {
        var text = ""
        var scopes = [values]
        Self.fill(&text, parts, &scopes, onMissing)
        return text
    }

    private static func fill(
        _ text: inout String,
        _ parts: [Part],
        _ scopes: inout [TemplateValues],
        _ onMissing: (String) -> Void
    ) {
        for part in parts {
            switch part {
            case .words(let words): text += words
            case .value(let name):
                switch value(name, scopes, onMissing) {
                case .text(let words): text += HTML(words).markup
                case .html(let html): text += html.markup
                case .flag, .list, .group, .absent: break
                }
            case .section(let name, let inner, let isInverted):
                let value = value(name, scopes, onMissing)
                if isInverted {
                    if !value.isThere { fill(&text, inner, &scopes, onMissing) }
                    continue
                }
                switch value {
                case .list(let list):
                    for values in list { fill(&text, inner, with: values, &scopes, onMissing) }
                case .group(let values): fill(&text, inner, with: values, &scopes, onMissing)
                default:
                    if value.isThere { fill(&text, inner, &scopes, onMissing) }
                }
            }
        }
    }

    private static func fill(
        _ text: inout String,
        _ parts: [Part],
        with values: TemplateValues,
        _ scopes: inout [TemplateValues],
        _ onMissing: (String) -> Void
    ) {
        scopes.append(values)
        fill(&text, parts, &scopes, onMissing)
        scopes.removeLast()
    }

    private static func value(
        _ name: String,
        _ scopes: [TemplateValues],
        _ onMissing: (String) -> Void
    ) -> TemplateValue {
        for values in scopes.reversed() {
            if let value = values[name] { return value }
        }
        onMissing(name)
        return .absent
    }
}

extension TemplateValue {
    /// Whether a part of this name is shown.
    fileprivate var isThere: Bool {
        switch self {
        case .flag(let flag): flag
        case .list(let list): !list.isEmpty
        case .absent: false
        case .text, .html, .group: true
        }
    }
}
