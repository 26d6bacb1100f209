import PageKit
import Perch
import PerchOperating
import Times

/// The way of an event as steps: happened, got its place, and a lane for each group. Words say all; tints say it again.
struct JourneySteps {
    let visit: Visit

    /// - Parameter detail: What opens behind the first step. Default: nothing.
    func steps(of journey: EventJourney, detail: HTML = .empty) -> [Timeline.Step] {
        let event = journey.event
        let envelope = event.envelope
        let happened = Timeline.Step(
            TimeText(envelope.time, visit.clock, isExact: true).html,
            lane: "\(envelope.type)/\(envelope.version)",
            "\(event.seenIn == [.delayed] ? "is due" : "happened") in \(envelope.source)",
            detail: detail
        )
        return [happened, place(of: event)] + journey.steps.map { step($0, of: event) }
    }

    private func place(of event: FoundEvent) -> Timeline.Step {
        let order: [FoundEvent.Place] = [.delayed, .outbox, .log, .stream]
        let names: [FoundEvent.Place: String] = [
            .delayed: "delayed", .outbox: "in the outbox", .log: "in the log", .stream: "in Redis",
        ]
        let places = order.filter { event.seenIn.contains($0) }.compactMap { names[$0] }.joined(separator: " and ")
        guard let id = event.entryID else {
            let words = event.seenIn == [.delayed] ? "waits until it is due" : "has no place yet, waits in the outbox"
            return Timeline.Step("", lane: event.partition.description, state: Badge("not yet", .warning), HTML(words))
        }
        let (milliseconds, overflows) = id.milliseconds.subtractingReportingOverflow(event.envelope.time.milliseconds)
        let link = Link(HTML("\(id)" as String), to: Places.event(id, in: event.partition.topic))
        return Timeline.Step(
            overflows || milliseconds < 0 ? "" : "+ \(milliseconds) ms",
            lane: event.partition.description,
            "got its place \(link), is \(places)"
        )
    }

    private func step(_ step: EventJourney.Step, of event: FoundEvent) -> Timeline.Step {
        let (when, badge, words) = state(step, of: event)
        return Timeline.Step(when, lane: step.group.rawValue, state: badge, words, detail: .empty)
    }

    private func state(_ step: EventJourney.Step, of event: FoundEvent) -> (HTML, Badge, HTML) {
        if let failure = step.failure {
            let kind: Badge.Kind = step.state == .held ? .warning : .danger
            let time = TimeText(failure.at, visit.clock, isExact: true).html
            let tries = "\(NumberText.count(failure.attempts)) \(failure.attempts == 1 ? "attempt" : "attempts")"
            let list = Link(
                "see it",
                to: Places.failed([("group", step.group.rawValue), ("key", event.envelope.subject)]),
                label: "see it among the failed events of \(step.group)"
            )
            if step.state == .held {
                return (time, Badge("held", kind), "waits behind an earlier event of its key that failed: \(list)")
            }
            return (time, Badge(step.state.rawValue, kind), "after \(tries): \(error(failure)) \(list)")
        }
        let checkpoint: HTML = step.checkpoint.map { ", its checkpoint is at \($0.position)" } ?? ""
        switch step.state {
        case .committed: return ("", Badge("committed", .ok), "took effect\(checkpoint)")
        case .discarded:
            guard let discard = step.discard else { return ("", Badge("discarded", .warning), "never takes effect") }
            let reason = discard.reason.isEmpty ? "" : ": \(discard.reason)"
            return (
                TimeText(discard.at, visit.clock, isExact: true).html, Badge("discarded", .warning),
                "by \(discard.by)\(reason)"
            )
        case .waiting:
            guard let id = event.entryID else { return ("", Badge("waiting", .info), "comes when it has its place") }
            let before = id.position &- 1 &- (step.checkpoint?.position ?? 0)
            let line: HTML = before <= 0 ? "next in line" : "\(before) \(before == 1 ? "event" : "events") before it"
            let age = PageClock.words(visit.clock.now - Timestamp(milliseconds: id.milliseconds))
            return ("", Badge("waiting", .info), "\(line), for \(age)\(checkpoint)")
        default: return ("", Badge("unknown", .danger), "its database did not tell")
        }
    }

    /// Its first line.
    private func error(_ failure: EventJourney.Failure) -> String {
        let line = failure.error.split(whereSeparator: \.isNewline).first ?? ""
        return line.isEmpty ? "no words" : String(line.prefix(500))
    }
}
