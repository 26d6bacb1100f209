/// What a change was done to, in words, without the texts of errors that chose it: they may quote data of events.
///
/// `FailedEvents.Filter` writes them in quotes, between conditions that have none.
enum RecordTarget {
    /// The target of a row `o` of `perch.operations`: from the first text's beginning to the last quote.
    static let masked: StaticString =
        """
        regexp_replace(o.target, '(error with|errors like) "(.*"|[^"]*$)', '\\1 "•••"')
        """

    /// By scalars, as Postgres does it: a text that begins or ends with a mark that joins the quote is a text, too.
    static func masked(_ target: String) -> String {
        let scalars = Array(target.unicodeScalars)
        for start in scalars.indices {
            for word in ["error with", "errors like"] {
                let opening = Array((word + " \"").unicodeScalars)
                guard scalars[start...].starts(with: opening) else { continue }
                let text = scalars[(start + opening.count)...]
                let after = text.lastIndex(of: "\"").map { text[($0 + 1)...] } ?? []
                return string(scalars[..<start]) + word + " \"\(Masking.mask)\"" + string(after)
            }
        }
        return target
    }

    private static func string(_ scalars: ArraySlice<Unicode.Scalar>) -> String {
        var text = String.UnicodeScalarView()
        text.append(contentsOf: scalars)
        return String(text)
    }
}
