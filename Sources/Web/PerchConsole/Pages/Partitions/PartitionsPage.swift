import Foundation
import HTTPTypes
import Hummingbird
import PageKit
import Perch
import PerchOperating

/// `/partitions/{topic}`: what would it take to give a topic another number of partitions? Then the one button that does it.
enum PartitionsPage {
    private static let path = "/partitions/{topic}"

    static func add(to routes: inout ConsoleRoutes) {
        routes.page(path, .changePartitions, fields: ["to"]) { visit in
            let topic = try visit.topic()
            let text = visit.query["to"] ?? ""
            guard !text.isEmpty else { return Answer(try await question(topic, "", visit)) }
            guard let number = number(text) else {
                return Answer(
                    try await question(topic, text, visit, error: "Write a number: 8"),
                    status: .unprocessableContent
                )
            }
            let plan = try await plan(topic, number, visit)
            guard !plan.isDone else { return Answer(nothing(plan, visit)) }
            return Answer(RepartitionConfirmation(plan: plan, topic: topic, visit: visit).page)
        }
        routes.form(path, .changePartitions) { visit, fields in try await act(try visit.topic(), visit, fields) }
    }

    private static func number(_ text: String) -> Int? { Int(text).flatMap { (1...1_000_000).contains($0) ? $0 : nil } }

    private static func plan(_ topic: TopicContract, _ number: Int, _ visit: Visit) async throws -> RepartitionPlan {
        try await visit.parts.readers.ask { try await PartitionChanges($0).plan(topic.name, to: number) }
    }

    private static func question(
        _ topic: TopicContract,
        _ text: String,
        _ visit: Visit,
        error: String? = nil
    ) async throws -> Page {
        // What it has is asked of its owner; the number is of no matter.
        let plan = try await plan(topic, topic.partitions, visit)
        let field = FormField("to", "How many it is to have", .number, value: text, isRequired: true, error: error)
        let ask = Form(
            asking: Places.partitions(of: topic.name),
            fields: [field],
            button: "See the plan",
            back: Places.topic(topic.name)
        )
        let has = "\(topic.name) has \(Counted.text(plan.before, "partition"))"
        let contract = plan.before == topic.partitions ? "" : "; the contract says \(topic.partitions)"
        var parts: [any Component] = [Paragraph("\(has)\(contract)." as HTML)]
        if plan.heldSince != nil {
            let link = Link(
                "Let it go with the \(Counted.text(plan.before, "partition")) that it has…",
                to: Places.partitions(of: topic.name, to: plan.before)
            )
            parts.append(
                Notice("It is held by a change that was broken off", "Give the number again, or: \(link)", .danger)
            )
        }
        return visit.page(
            "Partitions of \(topic.name)",
            errors: error == nil ? nil : ErrorSummary(of: [field]),
            body: HTML(parts + [ask])
        )
    }

    private static func nothing(_ plan: RepartitionPlan, _ visit: Visit) -> Page {
        let words: HTML = "Nothing to do: \(plan.topic) has \(Counted.text(plan.after, "partition")), and is not held."
        return visit.page("Partitions of \(plan.topic)", body: Paragraph(words).html)
    }

    private static func act(_ topic: TopicContract, _ visit: Visit, _ fields: FormFields) async throws -> Outcome {
        guard let id = fields["form"].flatMap({ UUID(uuidString: $0) }), let number = number(fields["to"] ?? "") else {
            throw HTTPError(.badRequest, message: "This form is not whole. Load its page again.")
        }
        return try await visit.beginning(id) { try await begin(topic, to: number, id, visit, fields) }
    }

    private static func begin(
        _ topic: TopicContract,
        to number: Int,
        _ id: UUID,
        _ visit: Visit,
        _ fields: FormFields
    ) async throws -> Outcome {
        let plan = try await plan(topic, number, visit)
        guard !plan.isDone else { return .page(nothing(plan, visit), .conflict) }
        var confirmation = RepartitionConfirmation(plan: plan, topic: topic, visit: visit)
        guard confirmation.mark == fields["mark"], let owner = visit.parts.settings.owners[topic.owner],
            plan.hindrance == nil || plan.heldSince != nil
        else {
            confirmation.isAnew = true
            return .page(confirmation.page, .conflict)
        }
        let connections = visit.parts.connections.reaching(topic.owner, by: owner)
        let run = RepartitionRun(plan: plan, by: visit.viewer.signature, id: id)
        let sampler = visit.parts.sampler
        try await visit.parts.operations.startOrRefuse(words(of: run), id: id, by: visit.viewer.signature) {
            progress in
            let result: Result<OperationEnd, any Error>
            do {
                result = .success(try await run.run(OperatedSystem(connections), progress))
            } catch { result = .failure(error) }
            // Each page tells of a topic that is held: by what the doctor finds.
            await sampler.diagnoseAgain()
            return try result.get()
        }
        return .done(Places.operation(id))
    }

    private static func words(of run: RepartitionRun) -> OperationPlan {
        let plan = run.plan
        let isLettingGo = plan.before == plan.after
        let partitions = Counted.text(plan.after, "partition")
        return OperationPlan(
            title: isLettingGo ? "Let \(plan.topic) go" : "Give \(plan.topic) \(partitions)",
            facts: [.init(name: "Partitions", value: "\(plan.before) → \(plan.after)")],
            total: run.steps,
            unit: "steps",
            stopWords: isLettingGo ? nil : "Stop: until the number is set, that takes the hold back.",
            rest: Places.partitions(of: plan.topic, to: plan.after),
            pages: [(plan.topic.rawValue, Places.topic(plan.topic))],
            holds: plan.topic
        )
    }
}
