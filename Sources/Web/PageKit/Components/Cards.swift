/// A list of things that people act on: each a card with its name, its facts and one button.
package struct Cards: Component {
    /// One of them.
    package struct Card: Sendable {
        let title: String
        let target: LinkTarget?
        let facts: HTML
        let action: HTML

        /// - Parameters:
        ///   - title: Its name, which leads to its page; nil: it has none that can be led to.
        ///   - facts: A line below.
        ///   - action: A form of one button, or nothing.
        package init(_ title: String, to target: LinkTarget?, facts: HTML, action: Form? = nil) {
            (self.title, self.target, self.facts, self.action) = (title, target, facts, action?.html ?? .empty)
        }
    }

    private let cards: [Card]
    private let empty: HTML
    private let isBelowHeading: Bool

    /// - Parameters:
    ///   - empty: What is said where there are none.
    ///   - isBelowHeading: Whether a heading of a section stands above. Default: only that of the page.
    package init(_ cards: [Card], empty: HTML, isBelowHeading: Bool = false) {
        (self.cards, self.empty, self.isBelowHeading) = (cards, empty, isBelowHeading)
    }

    /// Its markup.
    package var html: HTML {
        Template.cards.render([
            "cards": .list(
                cards.map { card in
                    [
                        "title": .text(card.title), "target": .optional(card.target?.description),
                        "facts": .optional(card.facts), "action": .optional(card.action),
                    ]
                }
            ),
            "level": .number(isBelowHeading ? 3 : 2), "isEmpty": .flag(cards.isEmpty), "empty": .html(empty),
        ])
    }
}
