/// Pages of one thing side by side, each with how much it holds.
package struct Tabs: Component {
    /// One of them.
    package struct Tab: Sendable {
        let words: String
        let count: Int?
        let target: LinkTarget
        let isCurrent: Bool

        /// - Parameter count: Default: it is not counted.
        package init(_ words: String, count: Int? = nil, to target: LinkTarget, isCurrent: Bool = false) {
            (self.words, self.count, self.target, self.isCurrent) = (words, count, target, isCurrent)
        }
    }

    private let label: String
    private let tabs: [Tab]

    /// - Parameter label: Names the list for who hears the page.
    package init(_ label: String, _ tabs: [Tab]) { (self.label, self.tabs) = (label, tabs) }

    /// Its markup.
    package var html: HTML {
        Template.tabs.render([
            "label": .text(label),
            "tabs": .list(
                tabs.map { tab in
                    [
                        "words": .text(tab.words), "count": .optional(tab.count.map { NumberText.count($0) }),
                        "target": .text(tab.target.description), "isCurrent": .flag(tab.isCurrent),
                    ]
                }
            ),
        ])
    }
}
