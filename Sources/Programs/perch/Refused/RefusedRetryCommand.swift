import ArgumentParser
import Foundation
import OperatorSettings
import Perch
import PerchDocuments
import PerchOperating
import Postgres

/// `perch refused retry ID…`.
struct RefusedRetryCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "retry",
        abstract: "Put refused events back into the outbox, corrected or as they are.",
        usage: "perch refused retry <id> ... [<corrections>] [<options>]",
        discussion: Help.flowing(
            """
            The relay looks at it again, and may refuse it again: then it has a new ID. It goes behind what its key has
            published since: events that were published after it may have gone ahead of it. What it was is kept in
            perch.operations of the service's database. Without a correction it helps where the contract was to blame.

            EXAMPLES
              perch refused retry tracker/17 --data @corrected.json
              perch refused retry tracker/18 --time 2026-11-29T18:00:00.000Z
              perch refused retry tracker/17 tracker/18 --yes

            EXIT CODES  0 done · 1 refused, not confirmed, or no such event · 2 a server could not be read
                        64 wrong usage
            """
        )
    )

    @Argument(help: "Which ones: SERVICE/NUMBER.") var ids: [ServiceRowID]
    @Option(help: ArgumentHelp("Its data, a JSON object; @FILE reads a file.", valueName: "json")) var data: String?
    @Option(help: "Its type.") var type: String?
    @Option(help: "The version of its fields.") var eventVersion: Int?
    @Option(help: "Its key; the partition follows.") var key: String?
    @Option(help: "When it happened, such as 2026-11-29T18:00:00.000Z.") var time: String?
    @OptionGroup var change: ChangeOptions
    @OptionGroup var connections: ConnectionOptions

    func validate() throws {
        guard ids.count == 1 || (data ?? type ?? key ?? time) == nil && eventVersion == nil else {
            throw ValidationError("a correction is of one event: give one id")
        }
        try Names.requireVersion(eventVersion)
        if let time, Timestamp(time) == nil {
            throw ValidationError("--time: expected a time in UTC as 2026-11-29T18:00:00.000Z; got \(time)")
        }
    }

    func run() async throws {
        try await Console.run {
            let system = try connections.system()
            let correction = try correction()
            let names = ids.map(\.text).joined(separator: ", ")
            if change.dryRun {
                return try await ServiceRowID.wouldDo(ids, in: system) { "Would put \($0) back into the outbox.\n" }
            }
            try Console.confirm("Put \(names) back into the outbox, behind what was published since?", yes: change.yes)
            for id in ids {
                let refused = RefusedEvents(OperatedSystem(system), of: id.service)
                guard try await refused.retry(id: id.number, correction: correction, by: change.name) else {
                    throw id.missing()
                }
                Console.out("\(id.text) is in the outbox again; the relay looks at it.\n")
            }
        }
    }

    private func correction() throws -> RefusedEvent.Correction {
        var correction = RefusedEvent.Correction()
        correction.type = type.map { EventType(rawValue: $0) }
        correction.version = eventVersion
        correction.key = key
        correction.time = time.flatMap { Timestamp($0) }
        guard let data else { return correction }
        guard data.hasPrefix("@") else {
            correction.data = Array(data.utf8)
            return correction
        }
        guard let content = FileManager.default.contents(atPath: String(data.dropFirst())) else {
            throw SettingProblem(
                description: "--data: the file \(data.dropFirst()) cannot be read",
                cause: .commandLine
            )
        }
        correction.data = Array(content)
        return correction
    }
}
