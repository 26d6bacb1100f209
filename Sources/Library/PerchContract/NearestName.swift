/// Finds what somebody meant who wrote a name that is not known.
package enum NearestName {
    /// The candidate with the fewest edits from `name`; nil if even that takes more than a third of it, or two of a
    /// short one.
    package static func of(_ name: String, in candidates: some Sequence<String>) -> String? {
        candidates
            .map { (candidate: $0, distance: distance(name.lowercased(), $0.lowercased())) }
            .filter { $0.distance <= max(min(2, name.count / 2), max(name.count, $0.candidate.count) / 3) }
            .min { $0.distance < $1.distance }?
            .candidate
    }

    /// `; did you mean …?`, or nothing.
    package static func hint(for name: String, in candidates: some Sequence<String>) -> String {
        of(name, in: candidates).map { "; did you mean `\($0)`?" } ?? ""
    }

    /// Levenshtein's distance: insertions, deletions and replacements.
    private static func distance(_ left: String, _ right: String) -> Int {
        let right = Array(right)
        var row = Array(0...right.count)
        for (i, character) in left.enumerated() {
            var diagonal = row[0]
            row[0] = i + 1
            for j in right.indices {
                let replaced = diagonal + (character == right[j] ? 0 : 1)
                diagonal = row[j + 1]
                row[j + 1] = min(replaced, row[j] + 1, diagonal + 1)
            }
        }
        return row[right.count]
    }
}
