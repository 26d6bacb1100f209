import ArgumentParser
import Foundation
import OperatorSettings
import Perch
import PerchDocuments
import PerchOperating

/// `perch pending [G]`.
struct PendingCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "pending",
        abstract: "What Redis has delivered to a group and not heard the acknowledgement of.",
        usage: "perch pending [<group>] [--limit <limit>] [<options>]",
        discussion: Help.flowing(
            """
            It is no list of failures: effects are committed in Postgres first, and what a killed worker had pending is
            acknowledged or delivered again by the next owner. With a group, also the first entries of each partition.

            EXAMPLES
              perch pending
              perch pending accounting --limit 5
              perch pending accounting --json

            EXIT CODES  0 fine · 2 Redis or the contract could not be read · 64 wrong usage
            """
        )
    )

    @Argument(help: "The group. Default: the sums of all.") var group: String?
    @Option(help: "How many entries a partition are listed.") var limit = 10
    @OptionGroup var connections: ConnectionOptions
    @Flag(help: "Print one JSON object.") var json = false

    func validate() throws {
        guard (0...10_000).contains(limit) else { throw ValidationError("--limit: expected 0 to 10000; got \(limit)") }
    }

    func run() async throws {
        try await Console.run {
            let system = try connections.system()
            let groups = try group.map { [try Names.group($0, in: system)] } ?? system.groups
            let status = SystemStatus(OperatedSystem(system))
            var found: [(GroupName, [PendingEntries])] = []
            var problems: [ServerProblem] = []
            for name in groups {
                let (partitions, more) = try await status.pending(of: name, limit: group == nil ? 0 : limit)
                found.append((name, partitions))
                problems += more.filter { !problems.contains($0) }
            }
            if json {
                Console.out(try JSONOutput.shown(PendingDocument(found, problems.map(ProblemDocument.init))))
            } else {
                Console.out(group == nil ? PendingTable.sums(found, .current()) : PendingTable.text(found, .current()))
            }
            if let code = Console.report(problems) { throw code }
        }
    }
}

/// Pending entries as tables.
enum PendingTable {
    /// A line a group and topic.
    static func sums(_ groups: [(GroupName, [PendingEntries])], _ screen: Screen) -> Shown {
        var table = Table([
            .init(header: "GROUP"), .init(header: "TOPIC"), .init(header: "PENDING", isRight: true),
            .init(header: "LOWEST-ID", dispensable: 1),
        ])
        for (group, partitions) in groups {
            let topics = Dictionary(grouping: partitions, by: \.partition.topic).sorted { $0.key < $1.key }
            for (topic, pending) in topics {
                table.add([
                    Table.Cell(group.rawValue, .name), Table.Cell(topic.rawValue),
                    Table.Cell(Format.count(pending.reduce(0) { $0 + $1.count })),
                    Table.Cell(pending.compactMap(\.lowest).min().map { "\($0)" } ?? "-"),
                ])
            }
        }
        return table.text(screen)
    }

    static func text(_ groups: [(GroupName, [PendingEntries])], _ screen: Screen) -> Shown {
        var sums = Table([
            .init(header: "GROUP"), .init(header: "PARTITION"), .init(header: "PENDING", isRight: true),
            .init(header: "LOWEST-ID", dispensable: 1), .init(header: "HIGHEST-ID", dispensable: 2),
            .init(header: "CONSUMERS", dispensable: 3, isCuttable: true),
        ])
        var entries = Table([
            .init(header: "PARTITION"), .init(header: "ENTRY-ID"), .init(header: "CONSUMER", dispensable: 1),
            .init(header: "IDLE", isRight: true), .init(header: "DELIVERIES", isRight: true),
        ])
        for (group, partitions) in groups {
            for pending in partitions {
                sums.add([
                    Table.Cell(group.rawValue, .name), Table.Cell(pending.partition.description),
                    Table.Cell(Format.count(pending.count)), Table.Cell(pending.lowest.map { "\($0)" } ?? "-"),
                    Table.Cell(pending.highest.map { "\($0)" } ?? "-"),
                    Table.Cell(pending.consumers.map { "\($0.name)=\(Format.count($0.count))" }.joined(separator: " ")),
                ])
                for entry in pending.entries {
                    entries.add([
                        Table.Cell(pending.partition.description), Table.Cell("\(entry.id)"),
                        Table.Cell(entry.consumer),
                        Table.Cell(Format.age(entry.idle)), Table.Cell(Format.count(entry.deliveries)),
                    ])
                }
            }
        }
        let list = entries.text(screen)
        return sums.text(screen) + (list.isEmpty ? "" : "\n" + list)
    }
}
