import ArgumentParser
import Foundation
import OperatorSettings
import Perch
import PerchDocuments
import PerchOperating

/// `perch replay G T --pending | --from PLACE [--to PLACE] [--key K]`.
struct ReplayCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "replay",
        abstract: "Let a group read events of a topic again, or start its workers again at the checkpoint.",
        usage: "perch replay <group> <topic> --pending | --from <place> [<options>]",
        discussion: Help.flowing(
            """
            --pending changes no effect: the owners are fenced off and start again at the checkpoints.

            --from alone sets the checkpoints back, and all that lies between is handled again, in order, before anything
            newer. With --to (that entry or time included) or --key the checkpoints stay: the chosen events, at most
            100,000, are put into failed events as due now, and the owners handle them from there, in order per key; newer
            events of these keys wait behind them. `perch failed list` shows how far it is.

            It says first what would be handled again. It is refused unless the subscription declares that it is
            idempotent by event id. What lies in failed events is skipped. Recorded in perch.operations of the group's
            database.

            EXAMPLES
              perch replay accounting tickets --pending
              perch replay accounting tickets --from 2h --dry-run
              perch replay accounting tickets --from beginning --yes
              perch replay accounting tickets --from 1763836200123-42 --partition 2
              perch replay accounting tickets --from 2026-11-22T18:00:00Z --to 2026-11-22T18:30:00Z
              perch replay accounting tickets --from beginning --key 0193a1b2-7c3d-7e4f-8a5b-9c6d7e8f0a1b

            EXIT CODES  0 done, or said · 1 refused, or not confirmed · 2 a server could not be read · 64 wrong usage
            """
        )
    )

    @Argument(help: "The group.") var group: String
    @Argument(help: "The topic.") var topic: String
    @Flag(help: "Start again at the checkpoint.") var pending = false
    @Option(help: ArgumentHelp("From where: \(StreamPlace.expectation).", valueName: "place")) var from: String?
    @Option(
        help: ArgumentHelp("Up to where, itself included; as --from. Default: all it has read.", valueName: "place")
    )
    var to: String?
    @Option(help: "Only events of this key.") var key: String?
    @Option(help: "Only this partition.") var partition: Int?
    @OptionGroup var change: ChangeOptions
    @OptionGroup var connections: ConnectionOptions
    @Flag(help: "Print one JSON object.") var json = false

    func validate() throws {
        guard pending != (from != nil) else { throw ValidationError("expected either --pending or --from PLACE") }
        guard !pending || (partition == nil && to == nil && key == nil) else {
            throw ValidationError("--to, --key and --partition go with --from")
        }
    }

    func run() async throws {
        try await Console.run {
            let system = try connections.system()
            let topic = try Names.topic(topic, in: system.contract).name
            let group = try Names.group(group, in: system)
            let operated = OperatedSystem(system)
            let replays = Replays(operated)
            guard let from else { return try await restart(group, topic, operated) }
            let place = try Names.place(from)
            if to != nil || key != nil {
                let selection = ReplaySelection(
                    from: place,
                    to: try to.map { try Names.place($0, option: "--to") },
                    key: key,
                    partition: partition.map(PartitionNumber.init(rawValue:))
                )
                return try await replay(selection, group, topic, replays)
            }
            let plan = try await replays.plan(
                group,
                topic,
                from: place,
                only: partition.map(PartitionNumber.init(rawValue:))
            )
            if !json { Console.out(ReplayText.text(plan, .current())) }
            if !plan.steps.isEmpty, !change.dryRun {
                try Console.confirm("Let \(group) read \(Format.plural(plan.events, "event")) again?", yes: change.yes)
                try await replays.replay(plan, by: change.name)
            }
            let isDone = !plan.steps.isEmpty && !change.dryRun
            if json {
                Console.out(try JSONOutput.shown(ReplayDocument(plan, isDone: isDone)))
            } else if isDone {
                Console.out("Done: \(group) reads them again. Watch it: perch groups --watch\n")
            }
        }
    }

    private func replay(
        _ selection: ReplaySelection,
        _ group: GroupName,
        _ topic: TopicName,
        _ replays: Replays
    ) async throws {
        let plan = try await replays.plan(group, topic, selecting: selection)
        if !json { Console.out(ReplayText.text(plan, .current())) }
        var count: Int?
        if !plan.steps.isEmpty, !change.dryRun {
            try Console.confirm("Let \(group) handle \(Format.plural(plan.events, "event")) again?", yes: change.yes)
            count = try await replays.replay(plan, by: change.name)
        }
        if json {
            Console.out(try JSONOutput.shown(SelectedReplayDocument(plan, count: count)))
        } else if let count {
            Console.out(
                "Done: \(Format.plural(count, "event")) of \(group) due now. Watch: perch failed list \(group)\n"
            )
        }
    }

    private func restart(_ group: GroupName, _ topic: TopicName, _ system: OperatedSystem) async throws {
        let count: Int
        if change.dryRun {
            count = try await Pauses(system).paused(group, topic).all
        } else {
            try Console.confirm(
                "Start the owners of \(topic) in \(group) again at their checkpoints?",
                yes: change.yes
            )
            count = try await Replays(system).restartAtCheckpoint(group, topic, by: change.name)
        }
        if json {
            let document = ChangeDocument(
                group: group.rawValue,
                topic: topic.rawValue,
                partitions: count,
                isDone: !change.dryRun
            )
            return Console.out(try JSONOutput.shown(document))
        }
        let subject: Shown = "\(Format.plural(count, "partition")) of \(topic) in \(group)"
        Console.out(
            change.dryRun
                ? "\(subject) would start again at the checkpoint.\n"
                : "Done: \(subject) start again at the checkpoint.\n"
        )
    }
}

/// A replay for people.
enum ReplayText {
    static func text(_ plan: ReplayPlan, _ screen: Screen) -> Shown {
        guard !plan.steps.isEmpty else {
            return "Nothing to do: \(plan.group) has read nothing of \(plan.topic) from there on.\n"
        }
        var table = Table([
            .init(header: "PARTITION"), .init(header: "BEFORE"), .init(header: "AFTER"),
            .init(header: "EVENTS", isRight: true), .init(header: "AFTER-TIME", dispensable: 1),
        ])
        for step in plan.steps {
            table.add([
                Table.Cell(step.partition.description, .name), Table.Cell("\(step.before)"),
                Table.Cell("\(step.after)"),
                Table.Cell(Format.count(step.events)), Table.Cell(step.after > .zero ? Format.time(step.after) : "-"),
            ])
        }
        let notes = plan.notes.map { note -> Shown in "\(screen.tinted("note: ", .warning))\(note)\n" }.joined()
        return table.text(screen) + notes
            + "\(plan.group) reads \(Format.plural(plan.events, "event")) of \(plan.topic) again.\n"
    }
}

extension ReplayText {
    static func text(_ plan: SelectedReplayPlan, _ screen: Screen) -> Shown {
        guard !plan.steps.isEmpty else {
            return "Nothing to do: \(plan.group) has read no such events of \(plan.topic).\n"
        }
        var table = Table([
            .init(header: "PARTITION"), .init(header: "FIRST"), .init(header: "LAST"),
            .init(header: "EVENTS", isRight: true), .init(header: "SKIPPED", isRight: true, dispensable: 3),
            .init(header: "FIRST-TIME", dispensable: 2), .init(header: "LAST-TIME", dispensable: 1),
        ])
        for step in plan.steps {
            table.add([
                Table.Cell(step.partition.description, .name), Table.Cell("\(step.first)"), Table.Cell("\(step.last)"),
                Table.Cell(Format.count(step.events)),
                Table.Cell(step.skipped > 0 ? Format.count(step.skipped) : "-"),
                Table.Cell(Format.time(step.first)), Table.Cell(Format.time(step.last)),
            ])
        }
        let notes = plan.notes.map { note -> Shown in "\(screen.tinted("note: ", .warning))\(note)\n" }.joined()
        let key = plan.selection.key.map { key -> Shown in " of the key \(key)" } ?? ""
        return table.text(screen) + notes
            + "\(plan.group) handles \(Format.plural(plan.events, "event"))\(key) of \(plan.topic) again.\n"
    }
}
