/// What is wrong with a form, on top of it, with a link to each field. It is read out first and has the focus.
package struct ErrorSummary: Component {
    private let errors: [(field: String, words: String)]

    /// - Parameter fields: Those of the form; the ones that have an error are listed in this order.
    package init(of fields: [FormField]) {
        errors = fields.compactMap { field in field.error.map { (field.id, $0) } }
    }

    /// Its markup; nothing where there is no error.
    package var html: HTML {
        if errors.isEmpty { return .empty }
        return Template.errorSummary.render([
            "errors": .list(
                errors.map {
                    ["target": .text(LinkTarget(fragment: $0.field).description), "words": .text($0.words)]
                }
            )
        ])
    }
}
