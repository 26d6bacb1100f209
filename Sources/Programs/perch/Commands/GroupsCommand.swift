import ArgumentParser
import Foundation
import OperatorSettings
import Perch
import PerchDocuments
import PerchOperating

/// `perch groups`, `perch groups describe G`.
struct GroupsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "groups",
        abstract: "The consumer groups: how far behind they are, who runs them, what failed.",
        discussion: Help.flowing(
            """
            LAG is the number of events past the checkpoint in Postgres, OLDEST the age of the first of them: right also
            after a trim, where Redis itself reports none. PENDING is what Redis has delivered and not yet heard the
            acknowledgement of; its effects may be committed already. FAILED is tried again by itself, HELD waits behind
            a failed event of its key, DEAD waits for an operator.

            EXAMPLES
              perch groups
              perch groups --watch
              perch groups describe accounting
              perch groups --json | jq '.groups[] | select(.lag > 1000)'

            EXIT CODES  0 fine · 2 a server or the contract could not be read · 64 wrong usage
            """
        ),
        subcommands: [List.self, Describe.self],
        defaultSubcommand: List.self
    )

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "list",
            abstract: "All groups, a line a topic.",
            usage: "perch groups [list] [<options>]"
        )
        @OptionGroup var connections: ConnectionOptions
        @OptionGroup var watching: WatchOptions
        @Flag(help: "Print one JSON object.") var json = false

        func run() async throws {
            try await Console.run {
                let status = SystemStatus(OperatedSystem(try connections.system()))
                try await Console.watch(watching) {
                    try GroupsCommand.show(try await status.groups(), json) { GroupsTable.text($0, .current()) }
                }
            }
        }
    }

    struct Describe: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "describe",
            abstract: "One group: each partition, its checkpoint and owner.",
            usage: "perch groups describe <group> [<options>]"
        )
        @Argument(help: "The group.") var group: String
        @OptionGroup var connections: ConnectionOptions
        @OptionGroup var watching: WatchOptions
        @Flag(help: "Print one JSON object.") var json = false

        func run() async throws {
            try await Console.run {
                let system = try connections.system()
                let group = try Names.group(group, in: system)
                let status = SystemStatus(OperatedSystem(system))
                try await Console.watch(watching) {
                    try GroupsCommand.show(try await status.groups(only: group), json) { reports in
                        reports.map { GroupsTable.description(of: $0, .current()) }.joined()
                    }
                }
            }
        }
    }

    private static func show(_ reports: [GroupReport], _ json: Bool, _ text: ([GroupReport]) -> Shown) throws {
        let document = GroupsDocument(reports, reports.flatMap(\.problems).map(ProblemDocument.init))
        Console.out(json ? try JSONOutput.shown(document) : text(reports))
        let problems = reports.reduce(into: [ServerProblem]()) { known, report in
            known += report.problems.filter { !known.contains($0) }
        }
        if let code = Console.report(problems) { throw code }
    }
}

/// Groups as tables.
enum GroupsTable {
    static func text(_ reports: [GroupReport], _ screen: Screen) -> Shown {
        var table = Table([
            .init(header: "GROUP"), .init(header: "TOPIC"), .init(header: "LAG", isRight: true),
            .init(header: "OLDEST", isRight: true), .init(header: "PENDING", isRight: true, dispensable: 2),
            .init(header: "FAILED", isRight: true, dispensable: 3),
            .init(header: "HELD", isRight: true, dispensable: 4),
            .init(header: "DEAD", isRight: true), .init(header: "WORKERS", isRight: true, dispensable: 1),
            .init(header: "STATE"),
        ])
        for line in reports.flatMap(GroupLine.lines) {
            table.add([
                Table.Cell(line.group.rawValue, .name), Table.Cell(line.topic.rawValue),
                Table.Cell(Format.count(line.lag), line.lag ?? 0 > 10_000 ? .warning : nil),
                Table.Cell(line.lag == 0 ? "-" : Format.age(line.oldest)), Table.Cell(Format.count(line.pending)),
                Table.Cell(Format.count(line.failed), line.failed ?? 0 > 0 ? .warning : nil),
                Table.Cell(Format.count(line.held), line.held ?? 0 > 0 ? .warning : nil),
                Table.Cell(Format.count(line.dead), line.dead ?? 0 > 0 ? .bad : nil),
                Table.Cell(Format.count(line.liveWorkers)), Table.Cell(line.state.words, line.state.tint),
            ])
        }
        let isFromLog = reports.contains { $0.status.partitions.contains(where: \.isLagFromLog) }
        return table.text(screen) + (isFromLog ? "LAG is by the owners' databases, since Redis did not tell.\n" : "")
    }

    static func description(of report: GroupReport, _ screen: Screen) -> Shown {
        var text: Shown = screen.tinted(report.status.group.rawValue, .name) + "\n"
        for line in GroupLine.lines(of: report) {
            let declared = report.subscriptions[line.topic]
            let replay =
                switch (declared?.isIdempotent, declared?.hasReset) {
                case (true?, _): "may be replayed"
                case (_, true?): "may be rebuilt by its program, not replayed"
                case (false?, false?): "may not be replayed"
                default: "not known whether it may be replayed"
                }
            let limit = line.limit.map { " · at most \(Self.words(of: $0.limit))" } ?? ""
            text += "  \(line.topic)  \(screen.tinted(line.state.words, line.state.tint)) · \(replay)\(limit)\n"
        }
        var table = Table([
            .init(header: "PARTITION"), .init(header: "CHECKPOINT"), .init(header: "LAST-ID", dispensable: 2),
            .init(header: "LAG", isRight: true), .init(header: "OLDEST", isRight: true),
            .init(header: "PENDING", isRight: true, dispensable: 1),
            .init(header: "DEAD", isRight: true, dispensable: 3),
            .init(header: "OWNER", isCuttable: true),
        ])
        for partition in report.status.partitions {
            let owner = partition.isPaused == true ? "(paused)" : partition.owner ?? "-"
            table.add([
                Table.Cell(partition.partition.description, .name),
                Table.Cell(partition.checkpoint.map { "\($0)" } ?? "-"),
                Table.Cell(partition.lastEntry.map { "\($0)" } ?? "-"), Table.Cell(Format.count(partition.lag)),
                Table.Cell(partition.lag == 0 ? "-" : Format.age(partition.oldestUnprocessedAge)),
                Table.Cell(Format.count(partition.pending)),
                Table.Cell(Format.count(partition.failed.map(\.dead)), partition.failed?.dead ?? 0 > 0 ? .bad : nil),
                Table.Cell(owner),
            ])
        }
        return text + "\n" + table.text(screen)
    }

    /// `50 a second and 4 at a time (bank)`
    private static func words(of limit: WorkLimit) -> String {
        let rate = limit.perSecond.map { "\(Int(exactly: $0).map(String.init) ?? "\($0)") a second" }
        let slots = limit.atATime.map { "\($0) at a time" }
        return [rate, slots].compactMap(\.self).joined(separator: " and ") + " (\(limit.name))"
    }
}
