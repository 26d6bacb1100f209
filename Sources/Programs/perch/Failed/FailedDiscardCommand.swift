import ArgumentParser
import OperatorSettings
import Perch
import PerchDocuments
import PerchOperating

/// `perch failed discard ID… | --…`.
struct FailedDiscardCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "discard",
        abstract: "Give failed events up; what is held behind them goes on.",
        usage: "perch failed discard <id> ... | <conditions> | --all --reason <reason>",
        discussion: Help.flowing(
            """
            A discarded event never takes effect in this group. It is kept, with its data and the reason, in
            perch.operations of the group's database; `perch trace` tells of it. What fails after the count is not touched;
            --up-to holds it to what a dry run counted. Ctrl-C stops after the transaction at hand; what was discarded stays
            so.

            EXAMPLES
              perch failed discard accounting/17 --reason "published by mistake, corrected by hand"
              perch failed discard --group analytics --type ticket_tagged --reason "removed" --dry-run

            EXIT CODES  0 done, or said · 1 refused, not confirmed, stopped, or no such event
                        2 a server could not be read · 64 wrong usage
            """
        )
    )

    @Argument(help: "Which ones, by id: GROUP/NUMBER.") var ids: [FailedID] = []
    @OptionGroup var selection: FailedSelection
    @OptionGroup var bound: FailedBound
    @Flag(help: "All of them, of all groups or of --group.") var all = false
    @Option(help: "Why, for the record.") var reason: String
    @OptionGroup var change: ChangeOptions
    @OptionGroup var connections: ConnectionOptions
    @Flag(help: "Print one JSON object.") var json = false

    func validate() throws {
        try FailedSelection.requireChoice(ids, selection, all: all)
        guard reason.contains(where: { !$0.isWhitespace }) else {
            throw ValidationError("--reason: say why, for those who ask later")
        }
    }

    func run() async throws {
        try await Console.run {
            let system = try connections.system()
            let choices = try bound.applied(to: try selection.choices(ids, in: system), in: system)
            let chosen = try await FailedChange(.discard(reason: reason), choices, in: OperatedSystem(system))
            guard chosen.count > 0 else {
                if json { Console.out(try JSONOutput.shown(FailedChangeDocument(chosen, nil))) }
                try await FailedChange.sayNothing("discard", choices, in: system, isFine: all)
                return
            }
            if change.dryRun {
                Console.out(
                    json
                        ? try JSONOutput.shown(FailedChangeDocument(chosen, nil))
                        : chosen.wouldDo("discard", byID: !ids.isEmpty)
                )
                return try FailedChange.sayMissing(ids, chosen, others: "the others would be")
            }
            try Console.confirm("Discard \(chosen.sentence), for good?", yes: change.yes)
            let outcome = try await chosen.run("discarded", by: change.name)
            if json { Console.out(try JSONOutput.shown(FailedChangeDocument(chosen, outcome))) }
            if outcome.isStopped {
                throw Console.fail(
                    "stopped: \(Format.count(outcome.count)) of \(Format.count(chosen.count)) are discarded for good",
                    Console.trouble
                )
            }
            try FailedChange.sayMissing(ids, chosen, others: "the others are done")
            if !json {
                Console.out("\(Format.plural(outcome.count, "event")) discarded; what they held goes on.\n")
            }
        }
    }
}
