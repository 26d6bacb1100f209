/// Rows of facts. It scrolls in itself where it is too wide, and its first column stays in sight then.
package struct DataTable: Component {
    /// A column's head.
    package struct Column: Sendable {
        let title: String
        let unit: String?
        let isNumber: Bool
        let sort: Sort?

        /// - Parameters:
        ///   - unit: Said once, here: `s`, `#/s`.
        ///   - isNumber: Figures stand at the right, and do not wrap. Default: words.
        ///   - sort: A link that sorts by it. Default: none.
        package init(_ title: String, unit: String? = nil, isNumber: Bool = false, sort: Sort? = nil) {
            (self.title, self.unit, self.isNumber, self.sort) = (title, unit, isNumber, sort)
        }
    }

    /// How a table is sorted by a column, and the link that does it, or turns it round.
    package struct Sort: Sendable {
        /// Which way, where it is sorted by this column.
        package enum Direction: String, Sendable {
            case ascending, descending
        }

        let direction: Direction?
        let target: LinkTarget

        /// - Parameter direction: nil where the table is sorted by another column.
        package init(_ direction: Direction?, to target: LinkTarget) {
            (self.direction, self.target) = (direction, target)
        }
    }

    /// A cell, with what keeps it fresh.
    package struct Cell: Sendable {
        let value: CellValue
        let live: LiveKey?

        /// - Parameter live: Keeps it fresh: its values are text. Default: nothing does.
        package init(_ value: CellValue, live: LiveKey? = nil) { (self.value, self.live) = (value, live) }
    }

    /// What a table needs that takes rows while its page is open: the newest on top, and no more than some.
    package struct Feed: Sendable {
        let rowIDs: [String]
        let most: Int
        let linkColumns: Set<Int>
        let holdsLinks: Bool

        /// - Parameters:
        ///   - rowIDs: Of the rows that the page is loaded with.
        ///   - most: How many rows it keeps. Default 200.
        ///   - linkColumns: Those whose cells may lead somewhere.
        ///   - holdsLinks: Links lead nowhere while rows may come, since what moves is hard to hit. False where rows come seldom. Default: they
        ///     are held.
        package init(rowIDs: [String], most: Int = 200, linkColumns: Set<Int> = [], holdsLinks: Bool = true) {
            (self.rowIDs, self.most, self.linkColumns, self.holdsLinks) = (rowIDs, most, linkColumns, holdsLinks)
        }
    }

    private let id: String
    private let caption: String
    private let isCaptionHidden: Bool
    private let columns: [Column]
    private let rows: [[Cell]]
    private let sums: [Cell]
    private let empty: HTML
    private let feed: Feed?

    /// - Parameters:
    ///   - id: Of this table on its page.
    ///   - isCaptionHidden: Heard, and not seen: a heading beside it says the same.
    ///   - rows: Cells in the order of the columns; the first of each names its row. A cell too few is empty.
    ///   - sums: A last row, which stays with the ones before it in print. Default: none.
    ///   - empty: What is said where there are no rows: what will be here, and what brings it.
    ///   - feed: It takes rows while its page is open. Default: it does not.
    package init(
        id: String,
        caption: String,
        isCaptionHidden: Bool = false,
        columns: [Column],
        rows: [[Cell]],
        sums: [Cell] = [],
        empty: HTML = "Nothing yet.",
        feed: Feed? = nil
    ) {
        (self.id, self.caption, self.isCaptionHidden) = (id, caption, isCaptionHidden)
        (self.columns, self.rows, self.sums, self.empty, self.feed) = (columns, rows, sums, empty, feed)
    }

    /// Its markup.
    package var html: HTML {
        Template.table.render([
            "id": .text(id), "caption": .text(caption), "isCaptionHidden": .flag(isCaptionHidden),
            "columns": .list(columns.map(head)), "rows": .list(zip(rows, rowIDs).map(row)),
            "sums": .optional(sums.isEmpty ? nil : row(sums, id: nil)), "isEmpty": .flag(rows.isEmpty),
            "empty": .html(empty),
            "width": .number(columns.count), "most": .optional(feed.map { String($0.most) }),
            "leavesLinks": .flag(feed?.holdsLinks == false),
            "blank": .optional(feed.map { row(blank($0), id: nil) }),
        ])
    }

    private var rowIDs: [String?] { feed.map { $0.rowIDs.map { VisibleText.of($0) } } ?? rows.map { _ in nil } }

    /// A row that rows to come are copies of.
    private func blank(_ feed: Feed) -> [Cell] {
        columns.indices.map { Cell(.html(feed.linkColumns.contains($0) ? HTML(markup: "<a></a>") : .empty)) }
    }

    private func head(_ column: Column) -> TemplateValues {
        [
            "title": .text(column.title), "unit": .optional(column.unit), "isNumber": .flag(column.isNumber),
            "target": .optional(column.sort?.target.description),
            "direction": .optional(column.sort?.direction?.rawValue),
            "arrow": .optional(column.sort?.direction.map { $0 == .ascending ? "▲" : "▼" }),
        ]
    }

    private func row(_ cells: [Cell], id: String?) -> TemplateValues {
        let missing = repeatElement(Cell(.html(.empty)), count: max(0, columns.count - cells.count))
        let values: [TemplateValues] = zip(columns, cells + missing).map { column, cell in
            [
                "value": .html(cell.value.html), "isNumber": .flag(column.isNumber),
                "live": .optional(cell.live?.description),
            ]
        }
        return ["id": .optional(id), "first": .optional(values.first), "cells": .list(Array(values.dropFirst()))]
    }
}
