/// Texts of `--help`.
enum Help {
    /// Joins the lines of each paragraph, so that it is wrapped at the terminal's width and not at ours. Lines that are
    /// indented, as examples are, stay.
    static func flowing(_ text: String) -> String {
        var lines: [String] = []
        var isOpen = false
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
            let isText = line.first.map { $0 != " " } ?? false
            // A heading such as EXAMPLES stands alone.
            let isHeading = isText && line.allSatisfy { $0.isUppercase || $0 == " " }
            if isText, isOpen, !isHeading {
                lines[lines.count - 1] += " \(line)"
            } else {
                lines.append(String(line))
            }
            isOpen = isText && !isHeading
        }
        return lines.joined(separator: "\n")
    }
}
