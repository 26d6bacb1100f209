/// A table for people: aligned columns under UPPER-CASE headers, as wide as there is room for.
///
/// Where the room is too small, what may be cut is, and columns are left out, the least important first.
struct Table {
    struct Column {
        let header: String
        var isRight = false
        /// The greater, the sooner it is left out; 0 never.
        var dispensable = 0
        /// Its values may end with `…`.
        var isCuttable = false
        /// How much of a value is left where it is cut; before less, other columns are left out.
        var least = 12
    }

    let columns: [Column]
    private(set) var rows: [[Cell]] = []

    struct Cell: ExpressibleByStringInterpolation {
        let text: Shown
        let tint: Tint?

        /// What is in a cell is in one line, whoever wrote it.
        init(_ text: String, _ tint: Tint? = nil) { (self.text, self.tint) = (Shown(text), tint) }
        init(stringLiteral value: String) { self.init(value) }
    }

    init(_ columns: [Column]) { self.columns = columns }

    mutating func add(_ row: [Cell]) {
        precondition(row.count == columns.count, "a row has a cell a column")
        rows.append(row)
    }

    /// The lines, each ended.
    ///
    /// - Parameter screen: How wide, and whether in colour.
    func text(_ screen: Screen) -> Shown { text(screen, layout(screen), hasHeader: true) }

    /// The lines as another table of these columns, the first page of the same list, was laid out.
    func text(_ screen: Screen, _ layout: Layout, hasHeader: Bool) -> Shown {
        guard !rows.isEmpty else { return "" }
        var lines: [Shown] = hasHeader ? [line(columns.map { Cell($0.header, .dim) }, layout, screen)] : []
        lines += rows.map { line($0, layout, screen) }
        return lines.joined(separator: "\n") + "\n"
    }

    /// Which columns are shown, and how wide each is.
    struct Layout {
        fileprivate let shown: [Int]
        fileprivate let widths: [Int]
    }

    private static let gap = 2

    func layout(_ screen: Screen) -> Layout {
        let (shown, widths) = layout(screen.width)
        return Layout(shown: shown, widths: widths)
    }

    private func layout(_ room: Int?) -> (shown: [Int], widths: [Int]) {
        var widths = columns.indices.map { index in
            max(columns[index].header.count, rows.map { $0[index].text.count }.max() ?? 0)
        }
        // A column without any value tells nothing.
        var shown = columns.indices.filter { index in
            columns[index].dispensable == 0 || rows.contains { !["", "-"].contains($0[index].text.text) }
        }
        guard let room else { return (shown, widths) }
        // What can be cut is, before a column that is worth more is left out.
        func least(_ index: Int) -> Int {
            columns[index].isCuttable
                ? min(widths[index], max(columns[index].least, columns[index].header.count)) : widths[index]
        }
        func gaps() -> Int { Self.gap * max(0, shown.count - 1) }
        while shown.reduce(gaps(), { $0 + least($1) }) > room,
            let next = shown.max(by: { columns[$0].dispensable < columns[$1].dispensable }),
            columns[next].dispensable > 0
        {
            shown.removeAll { $0 == next }
        }
        for index in shown.reversed() where columns[index].isCuttable {
            let excess = shown.reduce(gaps()) { $0 + widths[$1] } - room
            if excess > 0 { widths[index] = max(least(index), widths[index] - excess) }
        }
        return (shown, widths)
    }

    private func line(_ cells: [Cell], _ layout: Layout, _ screen: Screen) -> Shown {
        let (shown, widths) = (layout.shown, layout.widths)
        var line: Shown = ""
        for (place, index) in shown.enumerated() {
            let isCut = columns[index].isCuttable && screen.width != nil
            let text = isCut ? Self.cut(cells[index].text, to: widths[index]) : cells[index].text
            let padding = Shown("").padded(to: widths[index] - text.count)
            let tinted = screen.tinted(text, cells[index].tint)
            let isLast = place == shown.count - 1
            line += columns[index].isRight ? padding + tinted : tinted + (isLast ? "" : padding)
            if !isLast { line += Shown("").padded(to: Self.gap) }
        }
        return line.trimmed
    }

    private static func cut(_ text: Shown, to width: Int) -> Shown {
        text.count <= width ? text : text.prefix(max(0, width - 1)) + "…"
    }
}
