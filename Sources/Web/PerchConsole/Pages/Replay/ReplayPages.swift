import HTTPTypes
import Hummingbird
import PageKit
import Perch
import PerchOperating
import Times

/// `/replay/{group}/{topic}`: what, from where, and what that would do; then the one button that does it.
enum ReplayPages {
    private static let path = "/replay/{group}/{topic}"

    static func add(to routes: inout ConsoleRoutes) {
        routes.page(path, .replay, fields: ReplayQuestion.fields) { visit in
            let (group, topic) = try subject(visit)
            guard let question = ReplayQuestion(visit.query, topic, visit.clock) else {
                return Answer(choices(group, topic, visit))
            }
            guard question.isWhole else {
                return Answer(
                    places(question, group, topic, visit),
                    status: question.isFresh ? .ok : .unprocessableContent
                )
            }
            return Answer(try await confirmation(question, group, topic, visit))
        }
        routes.form(path, .replay) { visit, fields in
            let (group, topic) = try subject(visit)
            guard let question = ReplayQuestion(fields, topic, visit.clock), question.isWhole else {
                throw HTTPError(.unprocessableContent, message: "This form is not whole. Load its page again.")
            }
            if question.what == .restart { try visit.require(.restartAtCheckpoint) }
            let done = try await visit.once(fields) {
                try await act(question, group, topic.name, fields, visit)
            }
            if let done { return .done(done.target) }
            let notice = Notice("It has changed since you looked", "Nothing was done. This is how it is now.")
            return .page(try await confirmation(question, group, topic, visit, notices: [notice]), .conflict)
        }
    }

    /// - Throws: 404, also where the group does not read the topic.
    private static func subject(_ visit: Visit) throws -> (GroupName, TopicContract) {
        let (group, topic) = (try visit.group(), try visit.topic())
        guard topic.groups.contains(group) else {
            throw HTTPError(.notFound, message: "\(group) does not read \(topic.name): see the page of \(group).")
        }
        return (group, topic)
    }

    // MARK: 1 What

    private static func choices(_ group: GroupName, _ topic: TopicContract, _ visit: Visit) -> Page {
        let cards = ReplayQuestion.What.allCases.map { what in
            Cards.Card(what.title, to: visit.address(setting: "what", to: what.rawValue), facts: what.words)
        }
        let words = Paragraph("What is \(group) to read of \(topic.name) again? Nothing is done before you confirm it.")
        return visit.page(
            "Replay \(topic.name) to \(group)",
            body: HTML([words, Cards(cards, empty: "Nothing.")])
        )
    }

    // MARK: 2 From where

    private static func places(
        _ question: ReplayQuestion,
        _ group: GroupName,
        _ topic: TopicContract,
        _ visit: Visit
    ) -> Page {
        let fields = question.shown(topic, visit.clock)
        let path = Places.replay(topic.name, to: group)
        let ask = Form(asking: path, fields: fields, button: "See what it would do", back: path)
        return visit.page(
            "\(question.what.title) · \(group) on \(topic.name)",
            errors: question.isFresh ? nil : ErrorSummary(of: fields),
            body: HTML([Paragraph(question.what.words), ask])
        )
    }

    // MARK: 3 What it would do

    private static func confirmation(
        _ question: ReplayQuestion,
        _ group: GroupName,
        _ topic: TopicContract,
        _ visit: Visit,
        notices: [Notice] = []
    ) async throws -> Page {
        let id = Visit.newForm()
        let dry = try await visit.parts.readers.ask { system in
            try await ReplayDryRun.of(question, group, topic.name, in: system)
        }
        if let shown = dry.shown {
            await visit.parts.replayPlans.keep(shown, form: id, session: visit.viewer.session)
        }
        let text = ReplayText(question, group, topic, dry, visit, await visit.parts.sampler.current())
        guard dry.count > 0 else { return visit.page(text.heading, notices: notices, body: text.nothing) }
        let action = Places.replay(topic.name, to: group)
        let form = Form(
            action,
            token: visit.token(for: action),
            id: id,
            fields: question.hidden + [FormField("mark", "", .hidden, value: dry.mark)],
            button: text.button,
            back: Places.group(group)
        )
        return visit.confirmPage(
            text.heading,
            notices: notices,
            ConfirmPage(
                text.sentence,
                facts: text.facts,
                consequences: text.consequences,
                form: form,
                command: "perch replay \(group) \(topic.name) \(question.command)"
            )
        )
    }

    // MARK: Doing it

    /// Nil where what was confirmed is no longer so.
    private static func act(
        _ question: ReplayQuestion,
        _ group: GroupName,
        _ topic: TopicName,
        _ fields: FormFields,
        _ visit: Visit
    ) async throws -> FormsOnce.Done? {
        let shown = await visit.parts.replayPlans.plan(form: fields["form"] ?? "", session: visit.viewer.session)
        let by = visit.viewer.signature
        let words: String? = try await visit.parts.readers.ask { system in
            let now = try await ReplayDryRun.of(question, group, topic, in: system)
            let replays = Replays(system)
            guard question.what != .restart else {
                guard now.mark == fields["mark"] else { return nil }
                let count = try await replays.restartAtCheckpoint(group, topic, by: by)
                return "\(Counted.text(count, "partition")) of \(topic) start again at the checkpoints."
            }
            guard let shown, let plan = now.shown?.plan, shown.mark == now.mark, shown.plan.holds(by: plan) else {
                return nil
            }
            switch shown.plan {
            case .back(let plan):
                try await replays.replay(plan, by: by)
                return "\(group) reads \(Counted.text(plan.events, "event")) of \(topic) again."
            case .chosen(let plan):
                let count = try await replays.replay(plan, by: by)
                return
                    "\(Counted.text(count, "event")) of \(topic) \(count == 1 ? "is" : "are") due again in \(group): see its failed events."
            }
        }
        return words.map { visit.done($0, fields, at: ["groups", group.rawValue]) }
    }
}
