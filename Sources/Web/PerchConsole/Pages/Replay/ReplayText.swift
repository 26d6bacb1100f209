import PageKit
import Perch
import PerchOperating
import Times

/// What a replay would do, in words and tables.
struct ReplayText {
    private let question: ReplayQuestion
    private let group: GroupName
    private let topic: TopicContract
    private let dry: ReplayDryRun
    private let visit: Visit
    private let snapshot: SystemSnapshot

    init(
        _ question: ReplayQuestion,
        _ group: GroupName,
        _ topic: TopicContract,
        _ dry: ReplayDryRun,
        _ visit: Visit,
        _ snapshot: SystemSnapshot
    ) {
        (self.question, self.group, self.topic) = (question, group, topic)
        (self.dry, self.visit, self.snapshot) = (dry, visit, snapshot)
    }

    var heading: String {
        question.what == .restart
            ? "Restart \(group) on \(topic.name)" : "Replay \(topic.name) to \(group)"
    }

    private var events: String { Counted.text(dry.count, "event") }

    var button: String {
        let place = visit.parts.settings.context
        return question.what == .restart
            ? "Restart \(Counted.text(dry.count, "partition")) of \(group) in \(place)"
            : "Read \(events) again in \(place)"
    }

    var sentence: HTML {
        let from = question.from.map { PlaceText.words($0, visit.clock) } ?? "the beginning"
        let to = question.to.map { " to \(PlaceText.words($0, visit.clock))" } ?? ""
        return switch question.what {
        case .restart: "Let the owners of \(topic.name.rawValue) in \(group.rawValue) start again at their checkpoints?"
        case .from: "Let \(group.rawValue) read \(events) of \(topic.name.rawValue) again, from \(from) on?"
        case .range: "Let \(group.rawValue) handle \(events) of \(topic.name.rawValue) again, from \(from)\(to)?"
        case .key:
            "Let \(group.rawValue) handle \(events) of the key \(Copied(key: question.key ?? "")) again, from \(from)\(to)?"
        }
    }

    /// Where there is nothing to be done.
    var nothing: HTML {
        let words: HTML = """
            Nothing to do: \(group.rawValue) has read nothing of \(topic.name.rawValue) there. \
            \(Link("Choose another place", to: Places.replay(topic.name, to: group)))
            """
        return HTML([Paragraph(words)] + notes.map { Paragraph("Note: \($0).") })
    }

    private var notes: [String] {
        switch dry.shown?.plan {
        case .back(let plan)?: plan.notes
        case .chosen(let plan)?: plan.notes
        case nil: []
        }
    }

    var consequences: [HTML] {
        let known = notes.map { note -> HTML in "Note: \(note)." }
        switch question.what {
        case .restart:
            return [
                "No effect changes: what was committed stays, what was not is rolled back and read again.",
                "It takes its workers some seconds to come back.",
            ]
        case .from:
            return known + [
                "Newer events wait behind them\(wait).",
                "What \(group.rawValue) reads until you confirm is read again too.",
            ]
        case .range, .key:
            return known + [
                "The checkpoints stay. Newer events of these keys wait behind them\(wait); other keys go on.",
                "Until they are done they are in the group’s failed events, as due now.",
            ]
        }
    }

    /// How long that is at the speed of the last five minutes; nothing where that is not known.
    private var wait: String {
        let effects = snapshot.history[.effects(group, topic.name)]
        guard let rate = effects.rate(over: .seconds(300), until: snapshot.time), rate > 0 else { return "" }
        let seconds = Int64(clamping: (Double(dry.count) / rate).rounded(.up))
        return ", about \(PageClock.words(.seconds(seconds))) at the rate of the last five minutes"
    }

    var facts: HTML {
        switch dry.shown?.plan {
        case .back(let plan)?: table(plan).html
        case .chosen(let plan)?: table(plan).html
        case nil: Facts([("Partitions", .count(dry.count))]).html
        }
    }

    private func table(_ plan: ReplayPlan) -> DataTable {
        DataTable(
            id: "plan",
            caption: "What is read again",
            columns: [
                .init("Partition"), .init("Before"), .init("After"), .init("After, its time"),
                .init("Events", unit: "#", isNumber: true),
            ],
            rows: plan.steps.map { step in
                [
                    .init(.text(step.partition.description)), .init(.text("\(step.before)")), .init(id(step.after)),
                    .init(time(step.after)), .init(.count(step.events)),
                ]
            },
            sums: [
                .init("All"), .init(.html(.empty)), .init(.html(.empty)), .init(.html(.empty)),
                .init(.count(plan.events)),
            ]
        )
    }

    private func table(_ plan: SelectedReplayPlan) -> DataTable {
        DataTable(
            id: "plan",
            caption: "What is handled again",
            columns: [
                .init("Partition"), .init("First"), .init("Last"), .init("First, its time"),
                .init("Events", unit: "#", isNumber: true), .init("In failed events", unit: "#", isNumber: true),
            ],
            rows: plan.steps.map { step in
                [
                    .init(.text(step.partition.description)), .init(id(step.first)), .init(id(step.last)),
                    .init(time(step.first)), .init(.count(step.events)), .init(.count(step.skipped)),
                ]
            }
        )
    }

    private func id(_ id: EntryID) -> CellValue { id > .zero ? .text("\(id)") : .text("the beginning") }

    private func time(_ id: EntryID) -> CellValue {
        guard id > .zero else { return .none }
        return .component(TimeText(Timestamp(milliseconds: id.milliseconds), visit.clock, isExact: true))
    }
}
