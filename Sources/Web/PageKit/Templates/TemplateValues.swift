import Foundation
import Mustache

/// What a template is filled with: a value of each name that it uses.
struct TemplateValues: Sendable, ExpressibleByDictionaryLiteral {
    private let values: [String: TemplateValue]
    /// The template that these fill; nil for what a part of it is filled with.
    var template: String?

    init(dictionaryLiteral elements: (String, TemplateValue)...) {
        values = Dictionary(elements) { first, _ in first }
    }

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

extension TemplateValues: MustacheParent {
    /// Templates are read as text, so what is given here is what is written.
    func child(named name: String) -> Any? {
        switch values[name] {
        case .text(let text): HTML(text).markup
        case .html(let html): html.markup
        case .flag(let flag): flag
        case .list(let list): list
        case .group(let group): group
        // Not an outer value of the same name.
        case .absent: NSNull()
        case nil: missing(name)
        }
    }

    /// Whoever is further out may have it; but there is nobody behind the template's own values.
    private func missing(_ name: String) -> Any? {
        if let template { assertionFailure("the template \(template) is not given \(name)") }
        return nil
    }
}
