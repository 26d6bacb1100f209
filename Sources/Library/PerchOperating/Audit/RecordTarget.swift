/// What a change was done to, in words, without the texts of errors that chose it: they may quote data of events.
///
/// `FailedEvents.Filter` writes them in quotes, between conditions that have none.
enum RecordTarget {
    /// The target of a row `o` of `perch.operations`: from the first text's beginning to the last quote.
    static let masked: StaticString =
        """
        regexp_replace(o.target, '(error with|errors like) "(.*"|[^"]*$)', '\\1 "•••"')
        """

    static func masked(_ target: String) -> String {
        var shown = ""
        var rest = Substring(target)
        while let character = rest.first {
            for word in ["error with", "errors like"] where rest.hasPrefix(word + " \"") {
                let text = rest.dropFirst(word.count + 2)
                let after = text.lastIndex(of: "\"").map { text[text.index(after: $0)...] } ?? ""
                return shown + word + " \"\(Masking.mask)\"" + after
            }
            shown.append(character)
            rest = rest.dropFirst()
        }
        return shown
    }
}
