import ArgumentParser
import Foundation
import OperatorSettings
import Perch
import PerchDocuments
import PerchOperating
import Postgres

/// `perch workers`.
struct WorkersCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "workers",
        abstract: "The worker threads of all groups, and the relays: where they run and what they hold.",
        usage: "perch workers [--group <group>] [<options>]",
        discussion: Help.flowing(
            """
            BEAT is how long ago a worker last showed life; they do twice a second. A worker of a killed process stays
            in the list for a while, with a BEAT that grows. Of the relays of a service one is active, the others stand by.

            EXAMPLES
              perch workers
              perch workers --watch
              perch workers --group accounting --json

            EXIT CODES  0 fine · 2 a database or the contract could not be read · 64 wrong usage
            """
        )
    )

    @Option(help: "Only this group's.") var group: String?
    @OptionGroup var connections: ConnectionOptions
    @OptionGroup var watching: WatchOptions
    @Flag(help: "Print one JSON object.") var json = false

    func run() async throws {
        try await Console.run {
            let system = try connections.system()
            let group = try group.map { try Names.group($0, in: system) }
            let status = SystemStatus(OperatedSystem(system))
            try await Console.watch(watching) {
                var (workers, problems) = try await status.workers(of: group)
                let (relays, others) = group == nil ? try await status.relays() : ([], [])
                problems += others.filter { !problems.contains($0) }
                if json {
                    let document = WorkersDocument(workers, relays, problems.map(ProblemDocument.init))
                    Console.out(try JSONOutput.shown(document))
                } else {
                    Console.out(WorkersTable.text(workers, .current()))
                    if workers.isEmpty, problems.isEmpty { Console.out("No workers. Start them, then look again.\n") }
                    if !relays.isEmpty {
                        Console.out("\n")
                        Console.out(RelaysTable.text(relays, .current()))
                    }
                }
                if let code = Console.report(problems) { throw code }
            }
        }
    }
}

/// Workers as a table.
enum WorkersTable {
    static func text(_ workers: [WorkerStatus], _ screen: Screen) -> Shown {
        var table = Table([
            .init(header: "GROUP"), .init(header: "WORKER", dispensable: 3), .init(header: "HOST:PID"),
            .init(header: "STARTED", dispensable: 2), .init(header: "BEAT", isRight: true),
            .init(header: "HOLDS", isRight: true), .init(header: "PARTITIONS", dispensable: 1, isCuttable: true),
        ])
        for worker in workers {
            table.add([
                Table.Cell(worker.group.rawValue, .name),
                Table.Cell(worker.name.split(separator: "/").last.map { "worker-\($0)" } ?? worker.name),
                Table.Cell("\(worker.host):\(worker.pid)"), Table.Cell(worker.startedAt.description),
                Table.Cell(Format.age(worker.silence), worker.isLive ? nil : .bad),
                Table.Cell(Format.count(worker.partitions.count)),
                Table.Cell(worker.partitions.map(\.description).joined(separator: " ")),
            ])
        }
        return table.text(screen)
    }
}

/// Relays as a table.
enum RelaysTable {
    static func text(_ relays: [RelayStatus], _ screen: Screen) -> Shown {
        var table = Table([
            .init(header: "OWNER"), .init(header: "HOST:PID"), .init(header: "CONNECTED", dispensable: 1),
            .init(header: "RELAY"),
        ])
        for relay in relays {
            table.add([
                Table.Cell(relay.owner, .name), Table.Cell("\(relay.host):\(relay.pid)"),
                Table.Cell(relay.startedAt.description), Table.Cell(relay.isActive ? "active" : "stands by"),
            ])
        }
        return table.text(screen)
    }
}
