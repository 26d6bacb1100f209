/// Values in a text of SQL that binds none.
enum SQLText {
    /// The text as a literal of SQL.
    static func literal(_ text: String) -> String {
        "'" + text.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "''") + "'"
    }

    /// The text for the rest of a line, as in a comment.
    static func line(_ text: String) -> String { text.split(whereSeparator: \.isNewline).joined(separator: " ") }
}
