import ArgumentParser
import OperatorSettings
import Perch
import PerchDocuments
import PerchOperating

/// `perch forget TOPIC KEY`.
struct ForgetCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "forget",
        abstract: "Erase the events of a key, for good.",
        usage: "perch forget <topic> <key> [--unhandled] [<options>]",
        discussion: Help.flowing(
            """
            Erases them from the outbox, delayed events, the log, the streams, failed and refused events, foreign entries and the records of
            operators, in the databases of the topic's owner and of its groups. Each place in the log stays, empty: an event
            of type perch.erased without data, which every group passes. The relay fills the streams' empty places; the
            command waits for it. Services' own tables, backups and the servers' files are not touched: docs/erasing.md.

            It says first what it would erase. Events that have not taken effect in every group are erased only with
            --unhandled: there they never will. Recorded in perch.operations without the key, with a salted digest of it.
            Reads all of the topic's log and streams. Needs the role that owns schema perch in each of the databases. If it
            is broken off, run it again.

            EXAMPLES
              perch forget users 0193a1b2-7c3d-7e4f-8a5b-9c6d7e8f0a1b --dry-run
              perch forget users 0193a1b2-7c3d-7e4f-8a5b-9c6d7e8f0a1b --yes

            EXIT CODES  0 done, or said · 1 refused, not confirmed, or the streams are not filled yet
                        2 a server could not be read · 64 wrong usage
            """
        )
    )

    @Argument(help: "The topic.") var topic: String
    @Argument(help: "The key.") var key: String
    @Flag(help: "Also what has not taken effect in every group.") var unhandled = false
    @Option(help: ArgumentHelp("How long to wait for the relay.", valueName: "seconds")) var within = 30
    @OptionGroup var change: ChangeOptions
    @OptionGroup var connections: ConnectionOptions
    @Flag(help: "Print one JSON object.") var json = false

    func validate() throws {
        guard (1...1_000_000).contains(within) else {
            throw ValidationError("--within: expected 1 to 1000000 seconds; got \(within)")
        }
    }

    func run() async throws {
        try await Console.run {
            let system = try connections.system()
            let topic = try Names.topic(topic, in: system.contract)
            let erasures = Erasures(OperatedSystem(system))
            let plan = try await erasures.plan(topic.name, key: key)
            if !json { Console.out(ForgetText.text(plan)) }
            guard !plan.isEmpty, !change.dryRun else {
                if json { Console.out(try JSONOutput.shown(ForgetDocument(plan, nil))) }
                return
            }
            if !plan.isUnhandled || unhandled {
                try Console.confirm("Erase this from \(topic.name), for good?", yes: change.yes)
            }
            let outcome = try await erasures.erase(
                plan,
                evenUnhandled: unhandled,
                by: change.name,
                patience: .seconds(within)
            )
            if json { Console.out(try JSONOutput.shown(ForgetDocument(plan, outcome))) }
            guard outcome.isMended else {
                throw Console.fail(
                    "erased, and after \(within) s the relay of \(topic.owner) has not filled the empty places of the streams. "
                        + "Start it, and run this again",
                    Console.trouble
                )
            }
            if !json { Console.out("Done: nothing of the key is left in Perch.\n") }
        }
    }
}

/// An erasing for people.
enum ForgetText {
    static func text(_ plan: ErasurePlan) -> Shown {
        guard !plan.isEmpty else { return "Nothing to erase: nothing of this key is in \(plan.topic).\n" }
        let parts: [(Int, String)] = [
            (plan.log, "in the log"), (plan.outbox, "in the outbox"), (plan.stream, "in streams"),
            (plan.refused, "refused"), (plan.foreign, "foreign"), (plan.records, "in records of operators"),
        ]
        var lines = parts.filter { $0.0 > 0 }.map { "\(Format.count($0.0)) \($0.1)" as Shown }
        for group in plan.groups {
            if group.failed > 0 { lines.append("\(Format.count(group.failed)) failed in \(group.group)") }
            if group.unread > 0 { lines.append("\(Format.count(group.unread)) not read yet by \(group.group)") }
        }
        return "Of this key in \(plan.topic): \(lines.joined(separator: ", ")).\n"
    }
}
