import Foundation
import Perch
import PerchOperating
import Postgres

/// Foreign entries as they are printed.
struct ForeignListing {
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
                Table.Cell(RefusedID.text(service, entry.id), .name), Table.Cell("\(entry.partition)"),
                Table.Cell(entry.entryID.isEmpty ? "-" : entry.entryID),
                Table.Cell(Format.age(now - entry.foundAt)),
                Table.Cell(entry.fields.prefix(20).map(ForeignDocument.text).joined(separator: " ")),
            ])
        }
        let kept = totals.reduce(0) { $0 + $1.kept }
        let beyond = totals.reduce(0) { $0 + $1.beyond }
        let cut = entries.count < kept ? "; \(Format.count(entries.count)) are listed, see --limit" : ""
        let more = beyond > 0 ? "; \(Format.plural(beyond, "time")) there was no room for one" : ""
        return table.text(screen) + "\(Format.count(kept)) foreign \(kept == 1 ? "entry" : "entries")\(cut)\(more).\n"
    }

    func json(_ problems: [ServerProblem]) throws -> Shown {
        struct Total: Encodable {
            let partition: String
            let kept, beyond: Int
            let bytes: Int64
        }
        struct List: Encodable {
            let entries: [ForeignDocument]
            let totals: [Total]
            let problems: [ProblemDocument]
        }
        let list = List(
            entries: entries.map { ForeignDocument($0.entry, of: $0.service) },
            totals: totals.map {
                Total(partition: $0.partition.description, kept: $0.kept, beyond: $0.beyond, bytes: $0.bytes)
            },
            problems: problems.map(ProblemDocument.init)
        )
        return try JSONOutput.shown(list)
    }
}

/// A foreign entry as JSON.
struct ForeignDocument: Encodable {
    let id, service, partition, entryId, foundAt: String
    /// Names and values in turn; what is no UTF-8 is in base64 in `fields_base64` as it is.
    let fields, fieldsBase64: [String]

    init(_ entry: ForeignEntry, of service: String) {
        id = RefusedID.text(service, entry.id)
        self.service = service
        partition = entry.partition.description
        entryId = entry.entryID
        foundAt = entry.foundAt.description
        fields = entry.fields.map(Self.text)
        fieldsBase64 = entry.fields.map { Data($0).base64EncodedString() }
    }

    static func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }
}
