import Perch
package import PerchOperating

/// A list of foreign entries as JSON.
package struct ForeignListDocument: Encodable {
    let entries: [ForeignDocument]
    let isCut: Bool
    let totals: [Total]
    let problems: [ProblemDocument]

    struct Total: Encodable {
        let partition: String
        let kept, beyond: Int
        let bytes: Int64
    }

    /// - Parameter isCut: More are kept than are listed.
    package init(
        _ entries: [(service: String, entry: ForeignEntry)],
        _ totals: [ForeignTotal],
        isCut: Bool,
        _ problems: [ProblemDocument]
    ) {
        self.entries = entries.map { ForeignDocument($0.entry, of: $0.service) }
        self.totals = totals.map {
            Total(partition: $0.partition.description, kept: $0.kept, beyond: $0.beyond, bytes: $0.bytes)
        }
        (self.isCut, self.problems) = (isCut, problems)
    }
}
