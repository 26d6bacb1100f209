/// What is another in a text: its lines, each with `-` where it is only in the old one, `+` where only in the new one.
enum LineDiff {
    /// More lines than these are not compared one by one, for that would take long: all of them are given as others.
    private static let most = 2000
    /// How many lines are shown before and after what differs.
    private static let context = 3

    /// Nil: they are the same.
    static func text(from old: String, to new: String) -> String? {
        let old = old.split(separator: "\n", omittingEmptySubsequences: false)
        let new = new.split(separator: "\n", omittingEmptySubsequences: false)
        guard old != new else { return nil }
        let head = zip(old, new).prefix { $0 == $1 }.count
        let rest = min(old.count, new.count) - head
        let tail = zip(old.reversed(), new.reversed()).prefix(rest).prefix { $0 == $1 }.count
        let before = old[..<head].map { ("  ", $0) }
        let after = old[(old.count - tail)...].map { ("  ", $0) }
        let middle = changed(Array(old[head..<(old.count - tail)]), Array(new[head..<(new.count - tail)]))
        return folded(before + middle + after).joined(separator: "\n")
    }

    private static func changed(_ old: [Substring], _ new: [Substring]) -> [(String, Substring)] {
        guard old.count <= most, new.count <= most else { return old.map { ("- ", $0) } + new.map { ("+ ", $0) } }
        var removed: Set<Int> = []
        var inserted: Set<Int> = []
        for change in new.difference(from: old) {
            switch change {
            case .remove(let offset, _, _): removed.insert(offset)
            case .insert(let offset, _, _): inserted.insert(offset)
            }
        }
        var lines: [(String, Substring)] = []
        var (i, j) = (0, 0)
        while i < old.count || j < new.count {
            if i < old.count, removed.contains(i) {
                lines.append(("- ", old[i]))
                i += 1
            } else if j < new.count, inserted.contains(j) {
                lines.append(("+ ", new[j]))
                j += 1
            } else {
                lines.append(("  ", old[i]))
                (i, j) = (i + 1, j + 1)
            }
        }
        return lines
    }

    /// Without the lines that are far from any that differs.
    private static func folded(_ lines: [(String, Substring)]) -> [String] {
        var isShown = [Bool](repeating: false, count: lines.count)
        for (index, line) in lines.enumerated() where line.0 != "  " {
            for near in max(0, index - context)...min(lines.count - 1, index + context) { isShown[near] = true }
        }
        var texts: [String] = []
        var hidden = 0
        for (line, isShown) in zip(lines, isShown) {
            if !isShown {
                hidden += 1
                continue
            }
            if hidden > 0 { texts.append("  … \(hidden) alike") }
            hidden = 0
            texts.append(line.0 + line.1)
        }
        if hidden > 0 { texts.append("  … \(hidden) alike") }
        return texts
    }
}
