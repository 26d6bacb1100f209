import ArgumentParser
import Foundation
import OperatorSettings
import Perch
import PerchDocuments
import PerchOperating

/// `perch pause G [T]`.
struct PauseCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "pause",
        abstract: "Stop a group's work, on all its topics or one; the events wait.",
        usage: "perch pause <group> [<topic>] [<options>]",
        discussion: Help.flowing(
            """
            When it returns, nothing of the group takes effect any more; its workers keep running and take nothing. It
            lasts, also over restarts, until `perch resume`. Recorded in perch.operations of the group's database.

            EXAMPLES
              perch pause analytics
              perch pause accounting tickets --yes

            EXIT CODES  0 done, or said · 1 refused, or not confirmed · 2 a server could not be read · 64 wrong usage
            """
        )
    )

    @OptionGroup var options: PauseOptions

    func run() async throws {
        try await options.run("pause", done: "paused") { try await $0.pause($1, $2, by: $3) }
    }
}

/// `perch resume G [T]`.
struct ResumeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "resume",
        abstract: "Let a paused group go on where it was.",
        usage: "perch resume <group> [<topic>] [<options>]",
        discussion: Help.flowing(
            """
            Its workers take the partitions within a second and go on at the checkpoints. Recorded in perch.operations of
            the group's database.

            EXAMPLES
              perch resume analytics
              perch resume accounting tickets --yes

            EXIT CODES  0 done, or said · 1 refused, or not confirmed · 2 a server could not be read · 64 wrong usage
            """
        )
    )

    @OptionGroup var options: PauseOptions

    func run() async throws {
        try await options.run("resume", done: "resumed") { try await $0.resume($1, $2, by: $3) }
    }
}

/// What pausing and resuming have in common.
struct PauseOptions: ParsableArguments {
    @Argument(help: "The group.") var group: String
    @Argument(help: "One topic. Default: all that the group reads.") var topic: String?
    @OptionGroup var change: ChangeOptions
    @OptionGroup var connections: ConnectionOptions
    @Flag(help: "Print one JSON object.") var json = false

    func run(
        _ verb: String,
        done: String,
        _ body: (Pauses, GroupName, TopicName?, _ by: String) async throws -> Int
    ) async throws {
        try await Console.run {
            let system = try connections.system()
            let topic = try topic.map { try Names.topic($0, in: system.contract).name }
            let group = try Names.group(group, in: system)
            let subject = topic.map { "\(group) on \($0)" } ?? "\(group)"
            let pauses = Pauses(OperatedSystem(system))
            let count: Int
            if change.dryRun {
                let found = try await pauses.paused(group, topic)
                count = verb == "pause" ? found.all - found.paused : found.paused
            } else {
                try Console.confirm("\(verb == "pause" ? "Pause" : "Resume") \(subject)?", yes: change.yes)
                count = try await body(pauses, group, topic, change.name)
            }
            if json {
                let document = ChangeDocument(
                    group: group.rawValue,
                    topic: topic?.rawValue,
                    partitions: count,
                    isDone: !change.dryRun
                )
                Console.out(try JSONOutput.shown(document))
            } else if count == 0 {
                Console.out("Nothing to do: \(subject) is \(verb == "pause" ? "paused already" : "not paused").\n")
            } else {
                let would: Shown = change.dryRun ? "would be " : ""
                Console.out("\(Format.plural(count, "partition")) of \(subject) \(would)\(done).\n")
            }
        }
    }
}
