/// What a template is filled with: a value of each name that it uses.
struct TemplateValues: Sendable, ExpressibleByDictionaryLiteral {
    private let values: [String: TemplateValue]

    init(dictionaryLiteral elements: (String, TemplateValue)...) {
        values = Dictionary(elements) { first, _ in first }
    }

    /// Nil: whoever is further out may have it.
    subscript(name: String) -> TemplateValue? { values[name] }
}

/// One of them. A text is escaped because it is a text: no template can leave that out, or do it twice.
enum TemplateValue: Sendable {
    case text(String)
    case html(HTML)
    /// Shows a part of the template, or leaves it out.
    case flag(Bool)
    /// Repeats a part.
    case list([TemplateValues])
    /// Fills a part.
    case group(TemplateValues)
    /// Leaves a part out.
    case absent

    static func optional(_ text: String?) -> TemplateValue { text.map { .text($0) } ?? .absent }
    static func optional(_ html: HTML?) -> TemplateValue { html.map { $0.isEmpty ? .absent : .html($0) } ?? .absent }
    static func optional(_ group: TemplateValues?) -> TemplateValue { group.map { .group($0) } ?? .absent }
    static func number(_ number: Int) -> TemplateValue { .html(HTML(markup: String(number))) }
}
