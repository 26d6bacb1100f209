import ArgumentParser
import Perch
import PerchOperating

/// What retrying and discarding have in common: choosing, saying before, asking, and going on page by page until Ctrl-C.
struct FailedChange {
    /// One group's part.
    struct Part {
        let group: GroupName
        let filter: FailedEvents.Filter
        let events: FailedEvents
        let counts: [FailedEvent.State: Int]
        /// The last that was counted: what fails later is not touched.
        let last: FailedID
        var count: Int { counts.values.reduce(0, +) }
    }

    /// What was done.
    struct Outcome {
        var changed: [(group: GroupName, count: Int)] = []
        var isStopped = false
        var count: Int { changed.reduce(0) { $0 + $1.count } }
    }

    /// The most events in a transaction.
    static let page = 1000

    let parts: [Part]
    var count: Int { parts.reduce(0) { $0 + $1.count } }

    /// - Parameter states: Those that can be changed so.
    init(_ choices: [FailedSelection.Choice], _ states: Set<FailedEvent.State>, in system: SystemConnections)
        async throws
    {
        var parts: [Part] = []
        for choice in choices {
            var filter = choice.filter
            let chosen = filter.states.isEmpty ? states : filter.states.intersection(states)
            guard !chosen.isEmpty else { continue }
            filter.states = chosen
            let events = FailedEvents(OperatedSystem(system), of: choice.group)
            let census = try await events.census(filter: filter)
            guard let end = census.end else { continue }
            filter.upTo = end
            let last = FailedID(group: choice.group.rawValue, number: end.id)
            let part = Part(group: choice.group, filter: filter, events: events, counts: census.counts, last: last)
            parts.append(part)
        }
        self.parts = parts
    }

    /// `3 dead letters of accounting; 1 failed of analytics`
    var sentence: String { parts.map { "\(FailedText.sum($0.counts)) of \($0.group)" }.joined(separator: "; ") }

    /// What a dry run says: what would be changed, and how to change that and no more.
    func wouldDo(_ verb: String, byID: Bool) -> Shown {
        let bounds = parts.map { "--up-to \($0.last)" }.joined(separator: " ")
        return "Would \(verb) \(sentence).\n" + (byID ? "" : "These and none that fail from now on: \(bounds)\n")
    }

    /// - Parameters:
    ///   - done: `retried`, for the progress.
    ///   - isStopped: Asked after each transaction; what was done stays done.
    func run(
        _ done: Shown,
        isStopped: () -> Bool,
        _ change: (Part, _ limit: Int, _ after: FailedEvent.ID?) async throws -> FailedEvents.Changed
    ) async throws -> Outcome {
        var outcome = Outcome()
        var progress = Progress(done, of: count)
        for part in parts {
            outcome.changed.append((part.group, 0))
            var after: FailedEvent.ID?
            repeat {
                if isStopped() {
                    outcome.isStopped = true
                    break
                }
                let changed = try await change(part, Self.page, after)
                outcome.changed[outcome.changed.count - 1].count += changed.count
                after = changed.count == Self.page ? changed.last : nil
                if count > Self.page, changed.count > 0 { progress.show(outcome.count) }
            } while after != nil
        }
        progress.end()
        return outcome
    }
}

extension FailedChange {
    /// Why nothing of what was chosen can be changed.
    ///
    /// - Parameter isFine: Nobody named any event: that there is none is good.
    static func sayNothing(
        _ verb: String,
        _ choices: [FailedSelection.Choice],
        in system: SystemConnections,
        isFine: Bool
    ) async throws {
        for choice in choices {
            guard let id = choice.filter.ids?.first else { continue }
            let failed = FailedEvents(OperatedSystem(system), of: choice.group)
            guard let event = try await failed.event(id: id) else {
                throw Console.fail(FailedShowCommand.gone(choice.group, id), Console.trouble)
            }
            guard event.state == .held, verb == "retry" else { continue }
            let place = try await failed.place(of: event)
            let name = FailedID.text(choice.group, id)
            let first = place.first.map { FailedID.text(choice.group, $0) } ?? "the first of its key"
            throw Console.fail(
                "\(name) is held behind \(first): retry or discard that one, and it follows by itself",
                Console.trouble
            )
        }
        guard !isFine else { return Console.error("nothing to \(verb): no failed events") }
        throw Console.fail("nothing to \(verb): no failed event is so; see `perch failed list`", Console.trouble)
    }

    /// Says where ids were given that are not there, or cannot be changed so.
    static func sayMissing(_ ids: [FailedID], _ chosen: FailedChange, others: Shown) throws {
        let missing = Set(ids).count - chosen.count
        guard missing > 0 else { return }
        throw Console.fail(
            "\(Format.plural(missing, "id")) of those given \(missing == 1 ? "is" : "are") not there any more, or held "
                + "behind another; \(others)",
            Console.trouble
        )
    }
}

/// A change of failed events as JSON.
struct FailedChangeDocument: Encodable {
    let groups: [Group]
    let chosen, changed: Int
    let isDone, isStopped: Bool

    struct Group: Encodable {
        let group, upTo: String
        let chosen, changed: Int
    }

    init(_ change: FailedChange, _ outcome: FailedChange.Outcome?) {
        let done = Dictionary(outcome?.changed.map { ($0.group, $0.count) } ?? []) { $1 }
        groups = change.parts.map {
            Group(
                group: $0.group.rawValue,
                upTo: $0.last.description,
                chosen: $0.count,
                changed: done[$0.group] ?? 0
            )
        }
        chosen = change.count
        changed = outcome?.count ?? 0
        isStopped = outcome?.isStopped ?? false
        isDone = outcome != nil && !isStopped
    }
}
