import Foundation
import HTTPKit
import HTTPTypes
import Hummingbird
import PageKit
import Perch
import PerchContract
import PerchOperating
import StrictJSON

/// `/publish/{topic}/{type}`: a form of the event's fields, what the contract says of what was typed, and the button that publishes it.
enum PublishPages {
    private static let path = "/publish/{topic}/{type}"

    static func add(to routes: inout ConsoleRoutes) {
        routes.page(path, .publishEvents) { visit in
            let (topic, _, version) = try event(visit)
            return Answer(page(topic, EventForm(version, nil), visit))
        }
        routes.form(path, .publishEvents) { visit, fields in
            let (topic, type, version) = try event(visit)
            if fields["step"] == "publish" { return try await publish(topic, type, fields, visit) }
            let form = EventForm(version, fields)
            guard let data = form.data else {
                return .page(page(topic, form, visit), .unprocessableContent)
            }
            let key = (try? JSONDocument(data))?.root[topic.key]?.string ?? ""
            do {
                _ = try Publications.check(topic, type, version: version.number, key: key, data: data)
            } catch let error as OperationRefused {
                return .page(page(topic, form, visit, refusal: error), .unprocessableContent)
            }
            return .page(confirmation(topic, type, version, key, data, visit), .ok)
        }
    }

    /// - Throws: 404, with the nearest name.
    private static func event(_ visit: Visit) throws -> (TopicContract, EventType, EventVersion) {
        let topic = try visit.topic()
        let name = visit.parameter("type")
        guard let event = topic.event(EventType(rawValue: name)), let version = event.newest else {
            let hint = NearestName.hint(for: name, in: topic.events.map(\.type.rawValue))
            throw HTTPError(.notFound, message: "\(topic.name) has no event “\(VisibleText.of(name))”\(hint).")
        }
        return (topic, event.type, version)
    }

    private static func target(_ visit: Visit) -> LinkTarget {
        LinkTarget(["publish", visit.parameter("topic"), visit.parameter("type")]) ?? "/topics"
    }

    private static func heading(_ visit: Visit) -> String {
        "Publish \(visit.parameter("type")) to \(visit.parameter("topic"))"
    }

    // MARK: What is typed

    private static func page(
        _ topic: TopicContract,
        _ form: EventForm,
        _ visit: Visit,
        refusal: OperationRefused? = nil
    ) -> Page {
        let words = Paragraph(
            """
            It is what \(topic.owner) would have published: every group handles it. First it is checked against the contract; nothing is \
            published before you have seen that. The key is the field \(topic.key).
            """
        )
        let ask = Form(target(visit), token: visit.token(for: target(visit)), fields: form.shown, button: "Check")
        let notice = refusal.map { Notice("The contract does not allow it", HTML("\($0.reason)."), .danger) }
        return visit.page(
            heading(visit),
            notices: notice.map { [$0] } ?? [],
            errors: form.errors.isEmpty ? nil : ErrorSummary(of: form.shown),
            body: HTML([words, ask])
        )
    }

    // MARK: What would be published

    private static func confirmation(
        _ topic: TopicContract,
        _ type: EventType,
        _ version: EventVersion,
        _ key: String,
        _ data: [UInt8],
        _ visit: Visit
    ) -> Page {
        let text = String(decoding: data, as: UTF8.self)
        // The event's id is the form's: however often it is sent, there is one event.
        let id = Visit.newForm()
        let groups = topic.groups.map(\.rawValue).joined(separator: ", ")
        let form = Form(
            target(visit),
            token: visit.token(for: target(visit)),
            id: id,
            fields: [
                FormField("step", "", .hidden, value: "publish"),
                FormField("version", "", .hidden, value: String(version.number)),
                // A browser would write line breaks its own way.
                FormField("data", "", .hidden, value: Base64URL.encode(data)),
            ],
            button: "Publish \(type) in \(visit.parts.settings.context)",
            back: target(visit)
        )
        let facts = Facts([
            ("Topic", .text(topic.name.rawValue)), ("Type", .text("\(type)/\(version.number)")),
            ("Key", .component(Copied(key: key))), ("Partition", .text("\(topic.partition(of: key))")),
            ("Event id", .component(Copied(key: id))), ("Groups that act", groups.isEmpty ? .none : .text(groups)),
        ])
        return visit.confirmPage(
            heading(visit),
            ConfirmPage(
                "The data is as the contract says. Publish it?",
                facts: HTML([facts, Code("Data of the event", text)]),
                consequences: ["It cannot be taken back: groups act on it within seconds."],
                form: form,
                command: "perch publish \(topic.name) \(type) --id \(id) --key \(ShellWord.quoted(key)) "
                    + "--data \(ShellWord.quoted(text))"
            )
        )
    }

    private static func publish(
        _ topic: TopicContract,
        _ type: EventType,
        _ fields: FormFields,
        _ visit: Visit
    ) async throws -> Outcome {
        guard let bytes = fields["data"].flatMap({ Base64URL.decode($0) }),
            let version = fields["version"].flatMap({ Int($0) }),
            let id = fields["form"].flatMap({ UUID(uuidString: $0) })
        else { throw HTTPError(.unprocessableContent, message: "This form is not whole. Load its page again.") }
        let key = (try? JSONDocument(bytes))?.root[topic.key]?.string ?? ""
        let done = try await visit.once(fields) {
            try await visit.parts.readers.ask { system in
                let published = try await Publications(system)
                    .publish(topic, type, version: version, key: key, data: bytes, by: visit.viewer.signature, id: id)
                let words =
                    published.isRepeated
                    ? "\(published.id.text) was published before, and not again."
                    : "Published \(published.id.text), on its way to \(published.partition)."
                return visit.done(words, fields, at: ["topics", topic.name.rawValue])
            }
        }
        return .done(done?.target ?? "/topics")
    }
}
