/// A file of lines `NAME=value`, as shells and containers read them.
enum EnvironmentFile {
    /// Blank lines and lines that begin with `#` mean nothing, `export` before a name neither. A value may stand in single
    /// or double quotes, in which nothing is replaced. The last line of a name holds.
    static func parse(_ text: String, path: String) throws(SettingsError) -> [String: String] {
        var variables: [String: String] = [:]
        for (index, line) in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).enumerated() {
            var line = trimmed(line)
            if line.isEmpty || line.first == "#" { continue }
            if line.hasPrefix("export ") { line = trimmed(line.dropFirst(7)) }
            let parts = line.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2, !parts[0].isEmpty else {
                // The line is not quoted: it may be a secret that lost its name.
                throw SettingsSource.unreadable("\(path):\(index + 1)", "NAME=value", "a line that is not")
            }
            variables[String(trimmed(parts[0]))] = unquoted(trimmed(parts[1]))
        }
        return variables
    }

    private static func trimmed(_ text: Substring) -> Substring {
        var text = text.drop(while: \.isWhitespace)
        while text.last?.isWhitespace == true { text.removeLast() }
        return text
    }

    private static func unquoted(_ text: Substring) -> String {
        guard text.count >= 2, let quote = text.first, quote == "\"" || quote == "'", text.last == quote else {
            return String(text)
        }
        return String(text.dropFirst().dropLast())
    }
}
