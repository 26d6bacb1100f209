/// A row that comes to a page while it is open, for a table that takes some: see `DataTable.Feed`.
package struct FeedRow: Sendable, Encodable, Equatable {
    /// What stands in a cell.
    package struct Cell: Sendable, Encodable, Equatable {
        private let text: String
        private let href: String?

        /// A text of a stranger. It is shown, and makes no markup.
        ///
        /// - Parameter target: Where it leads once the table stands still. Default: nowhere.
        package init(_ text: some StringProtocol, to target: LinkTarget? = nil) {
            (self.text, href) = (VisibleText.of(text), target?.description)
        }
    }

    let id: String
    let cells: [Cell]

    /// - Parameters:
    ///   - id: Tells it from the other rows of its table, those that the page was loaded with among them.
    ///   - cells: In the order of the columns.
    package init(id: String, cells: [Cell]) { (self.id, self.cells) = (VisibleText.of(id), cells) }
}

/// What comes to a table of a page.
struct FeedNews: Sendable, Encodable {
    /// The most rows that wait for a slow client.
    private static let most = 200

    /// The oldest first.
    private(set) var rows: [FeedRow] = []
    /// How many more there were, in words; nil: as before.
    private(set) var words: String?

    var isEmpty: Bool { rows.isEmpty && words == nil }

    mutating func add(_ news: [FeedRow], words: String?) {
        rows += news
        rows.removeFirst(max(0, rows.count - Self.most))
        if let words { self.words = VisibleText.of(words) }
    }
}
