import ArgumentParser
import Dispatch
import Foundation
import OperatorSettings
import Perch
import PerchDocuments
import PerchOperating
import Postgres

/// `perch partitions TOPIC --to N`.
struct PartitionsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "partitions",
        abstract: "Give a topic more or fewer partitions; the order of each key is kept.",
        discussion: Help.flowing(
            """
            Holds the topic: publishers go on, and what they publish waits in the outbox. When its groups have finished all
            that was given to them, it sets the number, places what waits by it, makes the groups' new leases, and lets go.
            Refused while a group has failed events of the topic. Ctrl-C, or a failure, takes the hold back; after a kill the
            same command goes on. With the number that the topic has, it finishes what was broken off. The owner's database
            is needed as the role that owns schema perch. Recorded in perch.operations. See docs/partitions.md.

            EXAMPLES
              perch partitions tickets --to 8 --dry-run
              perch partitions tickets --to 8 --database tracker=postgresql://tracker_owner@db/tracker
              perch partitions tickets --to 8 --yes --within 60

            EXIT CODES  0 done, or said · 1 refused, or not confirmed · 2 a server could not be read · 64 wrong usage
            """
        )
    )

    @Argument(help: "The topic.") var topic: String
    @Option(help: ArgumentHelp("How many partitions it is to have.", valueName: "n")) var to: Int
    @Option(help: ArgumentHelp("How long the topic may be held for it.", valueName: "seconds")) var within = 300
    @Flag(help: "If it cannot go on, leave the topic held for another try.") var keepHeld = false
    @OptionGroup var change: ChangeOptions
    @OptionGroup var connections: ConnectionOptions
    @Flag(help: "Print one JSON object.") var json = false

    func validate() throws {
        guard to > 0 else { throw ValidationError("--to: expected a number of partitions, 1 or more; got \(to)") }
        guard (1...1_000_000).contains(within) else {
            throw ValidationError("--within: expected 1 to 1000000 seconds; got \(within)")
        }
    }

    func run() async throws {
        try await Console.run {
            let system = try connections.system()
            let topic = try Names.topic(topic, in: system.contract).name
            let changes = PartitionChanges(OperatedSystem(system))
            let plan = try await changes.plan(topic, to: to)
            if !json { Console.out(PartitionsText.text(plan)) }
            if change.dryRun { return try finish(plan, isDone: false) }
            if let hindrance = plan.hindrance, plan.heldSince == nil {
                if json { try finish(plan, isDone: false) }
                throw Console.fail(
                    "refused: \(hindrance.reason). \(hindrance.advice.words). Nothing was changed",
                    Console.trouble
                )
            }
            if !plan.isDone {
                try Console.confirm("Hold \(topic) and give it \(Format.plural(to, "partition"))?", yes: change.yes)
            }
            try await repartition(topic, changes)
            try finish(plan, isDone: !plan.isDone)
        }
    }

    private func repartition(_ topic: TopicName, _ changes: PartitionChanges) async throws {
        var settings = RepartitionSettings()
        settings.patience = .seconds(within)
        settings.keepsHold = keepHeld
        let said = Said()
        let work = Task { [to, settings, by = change.name] in
            try await changes.repartition(topic, to: to, by: by, settings: settings) { said.say($0) }
        }
        // Ctrl-C ends it at the next place where the hold can be taken back.
        signal(SIGINT, SIG_IGN)
        let interrupt = DispatchSource.makeSignalSource(signal: SIGINT, queue: .global())
        interrupt.setEventHandler { work.cancel() }
        interrupt.resume()
        defer {
            interrupt.cancel()
            signal(SIGINT, SIG_DFL)
        }
        do {
            try await work.value
        } catch let unfinished as RepartitionUnfinished {
            throw Console.fail(Shown(lines: unfinished.sentences), Console.trouble)
        } catch is CancellationError {
            throw Console.fail("interrupted: the hold on \(topic) was taken back, nothing was changed", Console.trouble)
        }
    }

    private func finish(_ plan: RepartitionPlan, isDone: Bool) throws {
        if json {
            let hindrance = plan.hindrance.map { "\($0.reason). \($0.advice.words)" }
            Console.out(try JSONOutput.shown(PartitionsDocument(plan, hindrance: hindrance, isDone: isDone)))
        } else if isDone {
            Console.out("Done: \(plan.topic) has \(Format.plural(plan.after, "partition")).\n")
        }
    }
}

/// What was said of the progress already; to the standard error, each thing once.
private final class Said: @unchecked Sendable {
    // @unchecked: `last` is only touched while `lock` is locked; the compiler cannot see that.
    private let lock = NSLock()
    private var last: Shown = ""

    func say(_ progress: RepartitionProgress) {
        let text = PartitionsText.text(progress)
        lock.withLock {
            guard text != last else { return }
            last = text
            Console.note(text + "\n")
        }
    }
}

/// A change of partitions for people.
enum PartitionsText {
    static func text(_ plan: RepartitionPlan) -> Shown {
        if plan.isDone { return "Nothing to change: \(plan.topic) has \(Format.plural(plan.after, "partition")).\n" }
        var lines: [Shown] = []
        if plan.before == plan.after {
            lines.append("\(plan.topic) has \(Format.plural(plan.after, "partition")) already, and would be let go.")
        } else {
            lines.append("\(plan.topic) would go from \(plan.before) to \(plan.after) partitions.")
        }
        if let since = plan.heldSince {
            lines.append("It is held since \(since): \(Format.plural(plan.waiting, "event")) wait in the outbox.")
        }
        lines += plan.groups.map { "\($0.summary)." }
        lines += plan.notes.map { "note: \($0)" }
        if let hindrance = plan.hindrance {
            lines.append("in the way: \(hindrance.reason). \(hindrance.advice.words).")
        }
        return lines.joined(separator: "\n") + "\n"
    }

    static func text(_ progress: RepartitionProgress) -> Shown {
        switch progress {
        case .held: "held: what is published waits in the outbox"
        case .draining(let groups):
            "waiting: \(groups.filter { !$0.isFinished }.map { $0.hindrance?.reason ?? $0.summary }.joined(separator: "; "))"
        case .waitingForPublishers(let who): "waiting for a transaction that publishes\(who.map { ": \($0)" } ?? "")"
        case .switched(let plan): "\(plan.topic) has \(plan.after) partitions"
        case .told(let group): "\(group) has its leases"
        case .letGo: "let go: events flow"
        }
    }
}
