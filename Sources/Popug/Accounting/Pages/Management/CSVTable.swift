/// A table as a file for spreadsheets: RFC 4180, with a head.
struct CSVTable {
    /// What stands in a cell.
    enum Cell {
        /// Whoever wrote it: a spreadsheet shows it, and calculates nothing of it.
        case text(String)
        /// A number of ours, as it is.
        case number(String)
    }

    private let head: [String]
    private let rows: [[Cell]]

    init(head: [String], rows: [[Cell]]) { (self.head, self.rows) = (head, rows) }

    /// The file.
    var text: String {
        ([head.map { .text($0) }] + rows).map { row in row.map(Self.text).joined(separator: ",") + "\r\n" }.joined()
    }

    private static func text(of cell: Cell) -> String {
        switch cell {
        case .number(let text): text
        case .text(let text): quoted(guarded(text))
        }
    }

    /// A spreadsheet takes what begins like this for a formula, unless an apostrophe stands before it.
    private static func guarded(_ text: String) -> String {
        guard let first = text.unicodeScalars.first else { return text }
        let begins = "=+-@\t\r\n\u{FF1D}\u{FF0B}\u{FF0D}\u{FF20}".unicodeScalars.contains(first)
        return begins ? "'" + text : text
    }

    private static func quoted(_ text: String) -> String {
        guard text.utf8.contains(where: { ",\"\r\n".utf8.contains($0) }) else { return text }
        return "\"" + text.replacing("\"", with: "\"\"") + "\""
    }
}
