import ArgumentParser
import Foundation
import OperatorSettings
import Perch
import PerchDocuments
import PerchOperating
import Postgres

/// `perch audit`.
struct AuditCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "audit",
        abstract: "Who has changed what: the records of operators in all services' databases, the newest first.",
        usage: "perch audit [<conditions>] [<options>] | --show <service>/<number>",
        discussion: Help.flowing(
            """
            A record is written in the same transaction as the change: perch.operations has it for good. --text looks in what
            was changed and in the details, as they are written: a key, an event's id, a reason. --show prints one with all
            that is kept of it, the data of an event too.

            EXAMPLES
              perch audit
              perch audit --by eve --since 24h
              perch audit --action discard_failed --group accounting --json
              perch audit --show accounting/17

            EXIT CODES  0 fine · 1 no such record · 2 a database or the contract could not be read · 64 wrong usage
            """
        )
    )

    @Option(help: "Only what this operator did.") var by: String?
    @Option(help: "Only this action: pause, retry_failed, publish …") var action: String?
    @Option(help: "Only changes of this group.") var group: String?
    @Option(help: ArgumentHelp("Only what this operation has changed, as perch-console names it.", valueName: "id"))
    var operation: OperationID?
    @Option(help: "Only records with this text.") var text: String?
    @Option(help: ArgumentHelp("Only since then: a time, or how long ago.", valueName: "time")) var since: String?
    @Option(name: .shortAndLong, help: "The most records.") var limit = 100
    @Option(help: ArgumentHelp("One record, with all its details.", valueName: "id")) var show: ServiceRowID?
    @OptionGroup var connections: ConnectionOptions
    @Flag(help: "Print one JSON object.") var json = false

    func validate() throws {
        guard (1...10_000).contains(limit) else { throw ValidationError("--limit: expected 1 to 10000; got \(limit)") }
    }

    func run() async throws {
        try await Console.run {
            let system = try connections.system()
            let trail = AuditTrail(OperatedSystem(system))
            if let show { return try await tell(show, trail, in: system) }
            var filter = AuditTrail.Filter()
            (filter.by, filter.action, filter.operation, filter.text) = (by, action, operation?.uuid, text)
            filter.group = try group.map { try Names.group($0, in: system) }
            filter.since = try since.map { try time($0) }
            let page = try await trail.records(filter: filter, limit: limit)
            Console.out(json ? try Self.shown(page) : AuditText.text(page, .current()))
            if let code = Console.report(page.problems) { throw code }
        }
    }

    private static func shown(_ page: AuditTrail.Page) throws -> Shown {
        Shown(json: try AuditDocument.text(page, page.problems.map(ProblemDocument.init)) + "\n")
    }

    private func time(_ text: String) throws -> Timestamp {
        if case .time(let time) = try Names.place(text, option: "--since") { return time }
        throw SettingProblem(
            description:
                "--since: expected a time such as 2026-11-22T18:30:00Z, or how long ago, such as 15m; got `\(text)`",
            cause: .commandLine
        )
    }

    private func tell(_ id: ServiceRowID, _ trail: AuditTrail, in system: SystemConnections) async throws {
        let service = try Names.service(id.service, in: system)
        guard let record = try await trail.record(AuditRecord.ID(service: service, number: id.number)) else {
            throw Console.fail("there is no record \(id.text): see `perch audit`", Console.trouble)
        }
        Console.out(json ? Shown(json: try AuditDocument.line(record) + "\n") : AuditText.full(record, .current()))
    }
}

/// Records of operators as they are printed.
enum AuditText {
    static func text(_ page: AuditTrail.Page, _ screen: Screen) -> Shown {
        guard !page.records.isEmpty else { return page.problems.isEmpty ? "No records.\n" : "" }
        var table = Table([
            .init(header: "TIME"), .init(header: "WHO", isCuttable: true), .init(header: "ACTION"),
            .init(header: "GROUP", dispensable: 2), .init(header: "WHAT", isCuttable: true, least: 20),
            .init(header: "DETAILS", dispensable: 3, isCuttable: true, least: 20),
            .init(header: "ID", dispensable: 1),
        ])
        for record in page.records {
            table.add([
                Table.Cell(record.at.description), Table.Cell(record.by, .name), Table.Cell(record.action),
                Table.Cell(record.group?.rawValue ?? "-"), Table.Cell(Format.line(record.target)),
                Table.Cell(String(decoding: CompactJSON.bytes(record.details), as: UTF8.self)),
                Table.Cell(record.id.description, .dim),
            ])
        }
        return table.text(screen) + (page.isCut ? "There are older ones: see --limit.\n" : "")
    }

    static func full(_ record: AuditRecord, _ screen: Screen) -> Shown {
        var lines: [Shown] = ["\(screen.tinted(Shown(record.action), .name))  \(record.at)"]
        lines.append("id      \(record.id.description)")
        lines.append("by      \(record.by)")
        if let group = record.group { lines.append("group   \(group.rawValue)") }
        lines.append("target  \(record.target)")
        return lines.joined(separator: "\n") + "\n" + Format.pretty(record.details) + "\n"
    }
}
