import PageKit
import Perch
import PerchOperating
import Times

/// Records as CSV, for tables that people work with.
///
/// [RFC 4180](https://www.rfc-editor.org/rfc/rfc4180)
enum AuditFile {
    static func text(_ records: [AuditRecord], _ clock: PageClock) -> String {
        let heads = ["time", "time_utc", "who", "action", "group", "target", "details", "record"]
        let rows = records.map { record in
            [
                clock.exact(record.at), record.at.description, record.by, record.action, record.group?.rawValue ?? "",
                record.target, String(decoding: record.details, as: UTF8.self), record.id.description,
            ]
        }
        return ([heads] + rows).map { $0.map(cell).joined(separator: ",") + "\r\n" }.joined()
    }

    /// One cell. What a table would take for a formula begins with an apostrophe, by which it is text.
    static func cell(_ text: String) -> String {
        var text = VisibleText.of(text)
        if let first = text.unicodeScalars.first(where: { $0 != " " }), isFormula(first) { text = "'" + text }
        guard text.unicodeScalars.contains(where: { [",", "\"", "\r", "\n"].contains($0) }) else { return text }
        return "\"" + text.replacing("\"", with: "\"\"") + "\""
    }

    private static func isFormula(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar {
        // The wide ones are read as the others where text is Japanese or Chinese.
        case "=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠": true
        default: false
        }
    }
}
