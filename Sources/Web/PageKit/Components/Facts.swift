/// Names with their values, a line each.
package struct Facts: Component {
    private let facts: [(String, CellValue)]

    /// In this order.
    package init(_ facts: [(String, CellValue)]) { self.facts = facts }

    /// Its markup.
    package var html: HTML {
        Template.facts.render([
            "facts": .list(facts.map { ["name": .text($0.0), "value": .html($0.1.html)] })
        ])
    }
}
