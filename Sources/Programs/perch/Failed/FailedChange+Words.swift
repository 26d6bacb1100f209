import ArgumentParser
import Perch
import PerchDocuments
import PerchOperating

extension FailedChange {
    /// `3 dead letters of accounting; 1 failed of analytics`
    var sentence: String { parts.map { "\(FailedText.sum($0.counts)) of \($0.group)" }.joined(separator: "; ") }

    /// What a dry run says: what would be changed, and how to change that and no more.
    func wouldDo(_ verb: String, byID: Bool) -> Shown {
        let bounds = parts.map { "--up-to \($0.bound)" }.joined(separator: " ")
        return "Would \(verb) \(sentence).\n" + (byID ? "" : "These and none that fail from now on: \(bounds)\n")
    }

    /// Until Ctrl-C, saying how far it is where that takes more than a transaction.
    ///
    /// - Parameter done: `retried`, for the progress.
    func run(_ done: Shown, by: String) async throws -> Outcome {
        let interrupt = Interrupt()
        var shown = Progress(done, of: count)
        let outcome = try await run(by: by, isStopped: { interrupt.isRaised }) { step in
            if count > Self.page { shown.show(step.changed) }
        }
        shown.end()
        return outcome
    }
}

extension FailedChange {
    /// Why nothing of what was chosen can be changed.
    ///
    /// - Parameter isFine: Nobody named any event: that there is none is good.
    static func sayNothing(
        _ verb: String,
        _ choices: [Choice],
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
