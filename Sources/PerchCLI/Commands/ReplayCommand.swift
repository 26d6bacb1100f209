import ArgumentParser
import Foundation
import Perch

/// `perch replay G T --pending | --from PLACE`.
struct ReplayCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "replay",
        abstract: "Let a group read events of a topic again, or start its workers again at the checkpoint.",
        discussion: """
            --pending changes no effect: the owners are fenced off and start again at the checkpoints. --from sets the
            checkpoints back, and what lies between is handled again, in order; it says before and after first. That is
            refused unless the subscription declares that it is idempotent by event id. What lies in failed events is
            skipped. Recorded in perch.operations of the group's database.

            EXAMPLES
              perch replay accounting tickets --pending
              perch replay accounting tickets --from 2h --dry-run
              perch replay accounting tickets --from beginning --yes
              perch replay accounting tickets --from 1763836200123-42 --partition 2

            EXIT CODES  0 done, or said · 1 refused, or not confirmed · 2 a server could not be read · 64 wrong usage
            """
    )

    @Argument(help: "The group.") var group: String
    @Argument(help: "The topic.") var topic: String
    @Flag(help: "Start again at the checkpoint.") var pending = false
    @Option(help: ArgumentHelp("From where: \(StreamPlace.expectation).", valueName: "place")) var from: String?
    @Option(help: "Only this partition.") var partition: Int?
    @OptionGroup var change: ChangeOptions
    @OptionGroup var connections: ConnectionOptions
    @Flag(help: "Print one JSON object.") var json = false

    func validate() throws {
        guard pending != (from != nil) else { throw ValidationError("expected either --pending or --from PLACE") }
        guard !pending || partition == nil else { throw ValidationError("--partition goes with --from") }
    }

    func run() async throws {
        try await Console.run {
            let system = try connections.system()
            let topic = try Names.topic(topic, in: system.contract).name
            let group = try Names.group(group, in: system)
            let operating = SystemOperator(system, name: change.name)
            guard let from else { return try await restart(group, topic, operating) }
            let place = try Names.place(from)
            let plan = try await operating.planReplay(
                group,
                topic,
                from: place,
                only: partition.map(PartitionNumber.init(rawValue:))
            )
            if !json { Console.out(ReplayText.text(plan, .current())) }
            if !plan.steps.isEmpty, !change.dryRun {
                try Console.confirm("Let \(group) read \(Format.plural(plan.events, "event")) again?", yes: change.yes)
                try await operating.replay(plan)
            }
            let isDone = !plan.steps.isEmpty && !change.dryRun
            if json {
                Console.out(try JSONOutput.text(ReplayDocument(plan, isDone: isDone)) + "\n")
            } else if isDone {
                Console.out("Done: \(group) reads them again. Watch it: perch groups --watch\n")
            }
        }
    }

    private func restart(_ group: GroupName, _ topic: TopicName, _ operating: SystemOperator) async throws {
        if change.dryRun {
            Console.out("The owners of \(topic) in \(group) would start again at their checkpoints.\n")
            return
        }
        try Console.confirm("Start the owners of \(topic) in \(group) again at their checkpoints?", yes: change.yes)
        let count = try await operating.restartAtCheckpoint(group, topic)
        if json {
            Console.out(
                try JSONOutput.text(ChangeDocument(group: group.rawValue, topic: topic.rawValue, partitions: count))
                    + "\n"
            )
        } else {
            Console.out(
                "Done: \(Format.plural(count, "partition")) of \(topic) in \(group) start again at the checkpoint.\n"
            )
        }
    }
}

/// A replay for people.
enum ReplayText {
    static func text(_ plan: ReplayPlan, _ screen: Screen) -> String {
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
        let notes = plan.notes.map { screen.tinted("note: ", .warning) + $0 + "\n" }.joined()
        return table.text(screen) + notes
            + "\(plan.group) reads \(Format.plural(plan.events, "event")) of \(plan.topic) again.\n"
    }
}

/// A replay as JSON.
struct ReplayDocument: Encodable {
    let group, topic: String
    let events: Int64
    let isDone: Bool
    let notes: [String]
    let partitions: [Step]

    struct Step: Encodable {
        let partition, before, after: String
        let events: Int64
    }

    init(_ plan: ReplayPlan, isDone: Bool) {
        (group, topic) = (plan.group.rawValue, plan.topic.rawValue)
        (events, self.isDone, notes) = (plan.events, isDone, plan.notes)
        partitions = plan.steps.map {
            Step(
                partition: $0.partition.description,
                before: $0.before.description,
                after: $0.after.description,
                events: $0.events
            )
        }
    }
}

/// A change of a group as JSON.
struct ChangeDocument: Encodable {
    let group: String
    let topic: String?
    let partitions: Int
}
