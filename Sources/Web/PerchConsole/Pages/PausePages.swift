import HTTPTypes
import Hummingbird
import PageKit
import Perch
import PerchDocuments
import PerchOperating
import Times

/// `/pause/{group}` and `/resume/{group}`: each asks first, with how much would wait.
enum PausePages {
    private enum Verb: String {
        case pause, resume

        var title: String { self == .pause ? "Pause" : "Resume" }
        var past: String { self == .pause ? "paused" : "resumed" }
        /// Of the partitions there are, how many it would change.
        func count(_ found: PausedPartitions) -> Int { self == .pause ? found.all - found.paused : found.paused }
    }

    static func add(to routes: inout ConsoleRoutes) {
        add(.pause, to: &routes)
        add(.resume, to: &routes)
    }

    private static func add(_ verb: Verb, to routes: inout ConsoleRoutes) {
        let path = "/\(verb.rawValue)/{group}"
        routes.page(path, .pauseGroups, fields: ["topic"]) { visit in
            let (group, topic) = (try visit.group(), try topic(visit.query["topic"], visit))
            return Answer(try await page(verb, group, topic, visit))
        }
        routes.form(path, .pauseGroups) { visit, fields in
            let (group, topic) = (try visit.group(), try topic(fields["topic"], visit))
            guard let seen = fields["seen"] else {
                throw HTTPError(.badRequest, message: "This form is not whole. Load its page again.")
            }
            let done = try await visit.once(fields) {
                try await visit.parts.readers.ask { system in
                    let pauses = Pauses(system)
                    let count: Int
                    do {
                        count =
                            verb == .pause
                            ? try await pauses.pause(group, topic, by: visit.viewer.signature, ifSeen: seen)
                            : try await pauses.resume(group, topic, by: visit.viewer.signature, ifSeen: seen)
                    } catch let refusal as OperationRefused where refusal.advice == .lookAgain {
                        // Somebody else was first: what would be done now is not what was read.
                        return nil
                    }
                    return visit.done(
                        "\(Counted.text(count, "partition")) of \(subject(group, topic)) \(count == 1 ? "is" : "are") \(verb.past).",
                        fields,
                        at: ["groups", group.rawValue]
                    )
                }
            }
            if let done { return .done(done.target) }
            let notice = Notice("It has changed since you looked", "Nothing was done. This is how it is now.")
            return .page(try await page(verb, group, topic, visit, notices: [notice]), .conflict)
        }
    }

    /// - Throws: 404 where the contract has none.
    private static func topic(_ text: String?, _ visit: Visit) throws -> TopicName? {
        guard let text, !text.isEmpty else { return nil }
        return try visit.topic(named: text).name
    }

    private static func subject(_ group: GroupName, _ topic: TopicName?) -> String {
        topic.map { "\(group) on \($0)" } ?? "\(group)"
    }

    private static func page(
        _ verb: Verb,
        _ group: GroupName,
        _ topic: TopicName?,
        _ visit: Visit,
        notices: [Notice] = []
    ) async throws -> Page {
        let found = try await visit.parts.readers.ask { try await Pauses($0).paused(group, topic) }
        let count = verb.count(found)
        let (subject, heading) = (subject(group, topic), "\(verb.title) \(subject(group, topic))")
        guard count > 0 else {
            let words: HTML = """
                There is nothing to \(verb.rawValue): \(subject) is \(verb == .pause ? "paused already" : "not paused"). \
                \(Link("Back to \(group.rawValue)", to: Places.group(group)))
                """
            return visit.page(heading, notices: notices, body: Paragraph(words).html)
        }
        let snapshot = await visit.parts.sampler.current()
        let action = LinkTarget([verb.rawValue, group.rawValue]) ?? "/groups"
        let topicOption = topic.map { " \($0)" } ?? ""
        let form = Form(
            action,
            token: visit.token(for: action),
            id: Visit.newForm(),
            fields: [
                FormField("topic", "", .hidden, value: topic?.rawValue ?? ""),
                FormField("seen", "", .hidden, value: found.mark),
            ],
            button: "\(verb.title) \(subject) in \(visit.parts.settings.context)",
            back: Places.group(group)
        )
        return visit.confirmPage(
            heading,
            notices: notices,
            ConfirmPage(
                "\(verb.title) \(Counted.text(count, "partition")) of \(subject)?",
                facts: Facts([
                    ("Partitions", .count(found.all)), ("Paused", .count(found.paused)),
                    ("Lag", Figure.count(lag(group, topic, snapshot)).cell),
                    ("Published a second", rate(group, topic, snapshot).cell),
                ]).html,
                consequences: consequences(verb, rate: published(group, topic, snapshot)),
                form: form,
                command: "perch \(verb.rawValue) \(group)\(topicOption)"
            )
        )
    }

    private static func consequences(_ verb: Verb, rate: Double?) -> [HTML] {
        guard verb == .pause else {
            return ["Its workers take the partitions within seconds, and go on at the checkpoints."]
        }
        var sentences: [HTML] = [
            """
            What its workers are doing is committed or rolled back; then nothing takes effect until somebody resumes it, also after \
            restarts.
            """
        ]
        if let rate, rate > 0 {
            sentences.append(
                "At \(Figure.rate(rate).text) events a second \(NumberText.count(Int64(clamping: rate * 60))) wait after a minute."
            )
        }
        return sentences
    }

    // MARK: Numbers

    private static func rows(_ group: GroupName, _ topic: TopicName?, _ snapshot: SystemSnapshot) -> [GroupLine] {
        snapshot.groupRows.filter { $0.group == group && (topic == nil || $0.topic == topic) }
    }

    private static func lag(_ group: GroupName, _ topic: TopicName?, _ snapshot: SystemSnapshot) -> Int64? {
        let lags = rows(group, topic, snapshot).map(\.lag)
        return lags.contains(nil) || lags.isEmpty ? nil : lags.reduce(0) { $0 + ($1 ?? 0) }
    }

    private static func published(_ group: GroupName, _ topic: TopicName?, _ snapshot: SystemSnapshot) -> Double? {
        let rates = rows(group, topic, snapshot).map {
            snapshot.history[.published($0.topic)].rate(over: .seconds(300), until: snapshot.time)
        }
        return rates.contains(nil) || rates.isEmpty ? nil : rates.reduce(0) { $0 + ($1 ?? 0) }
    }

    private static func rate(_ group: GroupName, _ topic: TopicName?, _ snapshot: SystemSnapshot) -> Figure {
        .rate(published(group, topic, snapshot))
    }
}
