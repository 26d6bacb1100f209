/// Narrows a list down: a form that is sent by GET, so that the address has all of it. What is set can be taken away by a link.
package struct FilterBar: Component {
    /// What is set, in words, and the list without it.
    package struct Condition: Sendable {
        let words: String
        let without: LinkTarget

        /// - Parameter words: `State: dead`
        package init(_ words: String, without: LinkTarget) { (self.words, self.without) = (words, without) }
    }

    private let label: String
    private let action: LinkTarget
    private let fields: [FormField]
    private let conditions: [Condition]
    private let button: String

    /// - Parameter label: Names the form for who hears the page.
    package init(
        _ label: String,
        _ action: LinkTarget,
        fields: [FormField],
        conditions: [Condition] = [],
        button: String = "Filter"
    ) {
        (self.label, self.action, self.fields) = (label, action, fields)
        (self.conditions, self.button) = (conditions, button)
    }

    /// Its markup.
    package var html: HTML {
        Template.filterBar.render([
            "label": .text(label), "action": .text(action.description), "fields": .html(HTML(fields)),
            "button": .text(button), "hasConditions": .flag(!conditions.isEmpty),
            "conditions": .list(
                conditions.map { ["words": .text($0.words), "without": .text($0.without.description)] }
            ),
        ])
    }
}
