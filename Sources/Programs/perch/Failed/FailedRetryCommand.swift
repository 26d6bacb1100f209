import ArgumentParser
import Foundation
import OperatorSettings
import Perch
import PerchDocuments
import PerchOperating

/// `perch failed retry ID… | --…`.
struct FailedRetryCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "retry",
        abstract: "Make failed events and dead letters due now, a dead letter with all its attempts anew.",
        usage: "perch failed retry <id> ... | <conditions> | --all [<options>]",
        discussion: Help.flowing(
            """
            The owner of the partition hears of it within a second, and keeps the order of the key: held events follow the
            first of their key by themselves. What fails after the count is not touched; --up-to holds it to what a dry run
            counted. Retried twice, or by two at once, an event takes effect once. Ctrl-C stops
            after the transaction at hand; what was retried stays so. Recorded in perch.operations.

            --payload retries one event with other data. It has to be as the contract says; what was delivered is kept
            beside it, and both stand in the record. An event that has changed meanwhile is left alone: since this command
            looked at it, or with --revision since `perch failed show` told that.

            EXAMPLES
              perch failed retry accounting/17 accounting/18
              perch failed retry --group accounting --error "no such account" --dry-run
              perch failed retry --all --yes
              perch failed show accounting/17 --json | jq '.event.data | .amount = 0' |
                perch failed retry accounting/17 --payload - --yes

            EXIT CODES  0 done, or said · 1 refused, not confirmed, stopped, or no such event
                        2 a server could not be read · 64 wrong usage
            """
        )
    )

    @Argument(help: "Which ones, by id: GROUP/NUMBER.") var ids: [FailedID] = []
    @OptionGroup var selection: FailedSelection
    @OptionGroup var bound: FailedBound
    @Flag(help: "All that have failed and all dead letters, of all groups or of --group.") var all = false
    @Option(help: ArgumentHelp("Other data for the one event; - is the standard input.", valueName: "file"))
    var payload: String?
    @Option(help: ArgumentHelp("With --payload: only if `perch failed show ID` still says so.", valueName: "revision"))
    var revision: String?
    @OptionGroup var change: ChangeOptions
    @OptionGroup var connections: ConnectionOptions
    @Flag(help: "Print one JSON object.") var json = false

    func validate() throws {
        try FailedSelection.requireChoice(ids, selection, all: all)
        guard payload == nil || (ids.count == 1 && selection.isEmpty) else {
            throw ValidationError("--payload goes with exactly one id")
        }
        guard revision == nil || payload != nil else { throw ValidationError("--revision goes with --payload") }
        guard !selection.state.contains(.held) else {
            throw ValidationError("--state held: a held event follows the first of its key; retry that one")
        }
    }

    func run() async throws {
        try await Console.run {
            let system = try connections.system()
            let choices = try bound.applied(to: try selection.choices(ids, in: system), in: system)
            if let payload, let choice = choices.first {
                return try await correct(choice, try FailedPayload.bytes(payload), in: system)
            }
            let chosen = try await FailedChange(.retry, choices, in: OperatedSystem(system))
            guard chosen.count > 0 else {
                if json { Console.out(try JSONOutput.shown(FailedChangeDocument(chosen, nil))) }
                try await FailedChange.sayNothing("retry", choices, in: system, isFine: all)
                return
            }
            if change.dryRun {
                Console.out(
                    json
                        ? try JSONOutput.shown(FailedChangeDocument(chosen, nil))
                        : chosen.wouldDo("retry", byID: !ids.isEmpty)
                )
                return try FailedChange.sayMissing(ids, chosen, others: "the others would be")
            }
            try Console.confirm("Retry \(chosen.sentence)?", yes: change.yes)
            try report(chosen, try await chosen.run("retried", by: change.name))
        }
    }

    private func report(_ chosen: FailedChange, _ outcome: FailedChange.Outcome) throws {
        if json { Console.out(try JSONOutput.shown(FailedChangeDocument(chosen, outcome))) }
        if outcome.isStopped {
            throw Console.fail(
                "stopped: \(Format.count(outcome.count)) of \(Format.count(chosen.count)) are retried and stay so; "
                    + "the same command again goes on",
                Console.trouble
            )
        }
        try FailedChange.sayMissing(ids, chosen, others: "the others are done")
        guard !json else { return }
        let due = chosen.count - outcome.count
        let rest: Shown = due > 0 ? "; \(Format.count(due)) were due already, or gone" : ""
        Console.out("\(Format.plural(outcome.count, "event")) due now\(rest). Watch: perch failed list\n")
    }

    private func correct(_ choice: FailedChange.Choice, _ data: [UInt8], in system: SystemConnections) async throws {
        guard let id = choice.filter.ids?.first else { return }
        let failed = FailedEvents(OperatedSystem(system), of: choice.group)
        guard let event = try await failed.event(id: id) else {
            throw Console.fail(FailedShowCommand.gone(choice.group, id), Console.trouble)
        }
        let seen = revision.map { FailedEvent.Revision(rawValue: $0) } ?? event.revision
        guard seen == event.revision else { throw Self.changed(choice.group, id) }
        if let topic = system.contract.topic(event.delivery.topic) {
            try Publications.check(topic, correction: data, of: event)
        }
        let name = FailedID.text(choice.group, id)
        if change.dryRun {
            return Console.out("Fine: \(name) would be retried with \(data.count) bytes, as the contract says.\n")
        }
        try Console.confirm(
            "Retry \(event.delivery.type) \(name) of \(event.delivery.subject) with other data?",
            yes: change.yes
        )
        switch try await failed.retry(id: id, payload: data, by: change.name, ifRevision: seen) {
        case .done: break
        case .gone: throw Console.fail(FailedShowCommand.gone(choice.group, id), Console.trouble)
        case .changed: throw Self.changed(choice.group, id)
        }
        if json {
            Console.out(try JSONOutput.shown(FailedCorrectionDocument(id: name, isDone: true)))
        } else {
            let when: Shown = event.state == .held ? "when the events before it have taken effect" : "now"
            Console.out("\(name) is due \(when), with the corrected data; the original is kept.\n")
        }
    }

    private static func changed(_ group: GroupName, _ id: FailedEvent.ID) -> any Error {
        let name = FailedID.text(group, id)
        return Console.fail(
            "\(name) has changed meanwhile (it was tried again, or corrected); nothing was done: see `perch failed show \(name)`",
            Console.trouble
        )
    }
}

/// Data that an operator gives.
enum FailedPayload {
    static func bytes(_ path: String) throws -> [UInt8] {
        if path == "-" { return Array(FileHandle.standardInput.readDataToEndOfFile()) }
        guard let content = FileManager.default.contents(atPath: path) else {
            throw SettingProblem(description: "--payload: the file \(path) cannot be read", cause: .commandLine)
        }
        return Array(content)
    }
}
