import Foundation
import Perch
import PerchDocuments
import PerchOperating
import Postgres

/// Foreign entries as they are printed.
struct ForeignListing {
    /// How many bytes of an entry are listed: the whole of one may be megabytes.
    static let most = 256

    var entries: [(service: String, entry: ForeignEntry)] = []
    var totals: [ForeignTotal] = []

    func text(_ screen: Screen, isWhole: Bool, now: Timestamp = .now) -> Shown {
        guard !entries.isEmpty || totals.contains(where: { $0.kept + $0.beyond > 0 }) else {
            return isWhole ? "No foreign entries.\n" : ""
        }
        var table = Table([
            .init(header: "ID"), .init(header: "PARTITION"), .init(header: "ENTRY"),
            .init(header: "AGE", isRight: true),
            .init(header: "FIELDS", isCuttable: true, least: 28),
        ])
        for (service, entry) in entries {
            table.add([
                Table.Cell(ServiceRowID.text(service, entry.id), .name), Table.Cell("\(entry.partition)"),
                Table.Cell(entry.entryID.isEmpty ? "-" : entry.entryID),
                Table.Cell(Format.age(now - entry.foundAt)),
                Table.Cell(
                    entry.fields.map(ForeignDocument.text).joined(separator: " ")
                        + (entry.isCut ? "… \(Format.plural(entry.bytes, "byte"))" : "")
                ),
            ])
        }
        let beyond = totals.reduce(0) { $0 + $1.beyond }
        let cut = more > 0 ? "; \(Format.count(more)) more, see --limit" : ""
        let lost = beyond > 0 ? "; \(Format.plural(beyond, "time")) there was no room for one" : ""
        let whole: Shown = entries.contains(where: \.entry.isCut) ? "All of an entry: perch foreign --show ID\n" : ""
        return table.text(screen)
            + "\(Format.count(kept)) foreign \(kept == 1 ? "entry" : "entries")\(cut)\(lost).\n\(whole)"
    }

    private var kept: Int { totals.reduce(0) { $0 + $1.kept } }
    /// How many are kept and not listed.
    private var more: Int { kept - entries.count }

    func json(_ problems: [ServerProblem]) throws -> Shown {
        let problems = problems.map(ProblemDocument.init)
        return try JSONOutput.shown(ForeignListDocument(entries, totals, isCut: more > 0, problems))
    }
}
