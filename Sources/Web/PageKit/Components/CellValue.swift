/// What stands in a cell, or beside a name.
package enum CellValue: Sendable, ExpressibleByStringLiteral {
    /// Words or components.
    case html(HTML)
    /// There is none: `–`.
    case none
    /// It could not be found out, so it may be anything: `?`.
    case unknown

    /// A text of a stranger, escaped.
    package static func text(_ text: some StringProtocol) -> CellValue { .html(HTML(text)) }

    /// A component.
    package static func component(_ component: some Component) -> CellValue { .html(component.html) }

    /// A whole number in full, thousands by comma; nil is not known.
    package static func count(_ number: (some BinaryInteger)?) -> CellValue {
        number.map { .html(HTML(markup: wrapping(NumberText.count($0)))) } ?? .unknown
    }

    /// A very long number may wrap behind a comma, where there is no place for it.
    private static func wrapping(_ digits: String) -> String {
        digits.utf8.count > 14 ? digits.replacing(",", with: ",<wbr>") : digits
    }

    /// Words in the source.
    package init(stringLiteral text: String) { self = .html(HTML(text)) }

    /// Its markup: the two signs have their words for those who hear the page.
    var html: HTML {
        switch self {
        case .html(let html): html
        case .none:
            HTML(markup: #"<span class="none"><span aria-hidden="true">–</span><span class="heard">none</span></span>"#)
        case .unknown:
            HTML(
                markup:
                    #"<span class="none"><span aria-hidden="true" title="not known">?</span><span class="heard">not known</span></span>"#
            )
        }
    }
}
