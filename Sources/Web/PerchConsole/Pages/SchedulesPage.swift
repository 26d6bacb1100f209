import Foundation
import HTTPTypes
import PageKit
import Perch
import PerchDocuments
import PerchOperating
import Times

/// `/schedules`: what do services do at given times, and how is that going? And the pages that ask before one is run, paused or resumed.
enum SchedulesPage {
    private enum Verb: String, CaseIterable {
        case run, pause, resume

        var title: String { rawValue.capitalized }

        var words: HTML {
            switch self {
            case .run:
                "It runs once as soon as a scheduler looks, within seconds, beside its ticks; also while it is paused."
            case .pause:
                "What it is doing is committed or rolled back; then no tick of it runs until somebody resumes it, also after restarts."
            case .resume: "Its ticks run again. What was missed meanwhile goes by its own rule of missed ticks."
            }
        }

        func applies(to schedule: ScheduleStatus) -> Bool {
            switch self {
            case .run: schedule.requestedAt == nil
            case .pause: schedule.pausedAt == nil
            case .resume: schedule.pausedAt != nil
            }
        }

        /// Why it does not.
        var refusal: String {
            switch self {
            case .run: "A run of it has been asked for already."
            case .pause: "It is paused already."
            case .resume: "It is not paused."
            }
        }

        func act(_ schedules: Schedules, _ name: String, by: String) async throws -> Bool {
            switch self {
            case .run: try await schedules.run(name, by: by)
            case .pause: try await schedules.pause(name, by: by)
            case .resume: try await schedules.resume(name, by: by)
            }
        }

        var done: String {
            switch self {
            case .run: "runs within seconds"
            case .pause: "is paused"
            case .resume: "goes on"
            }
        }
    }

    static func add(to routes: inout ConsoleRoutes) {
        routes.page("/schedules") { visit in
            let found = try await visit.look(for: Question()) { Found(try await Schedules($0).all()) }
            let schedules = found.schedules
            let notices = visit.notices(of: found.problems)
            let page = visit.page(
                "Schedules",
                notices: notices,
                command: "perch schedules",
                body: body(schedules, isWhole: found.problems.isEmpty, visit)
            )
            return Answer(page) {
                try JSONOutput.text(SchedulesDocument(schedules, visit.parts.documents(of: found.problems)))
            }
        }
        for verb in Verb.allCases { add(verb, to: &routes) }
    }

    private struct Question: Sendable, Hashable {}

    private struct Found: Maskable {
        var schedules: [ScheduleStatus]
        let problems: [ServerProblem]

        init(_ found: (schedules: [ScheduleStatus], problems: [ServerProblem])) {
            (schedules, problems) = (found.schedules, found.problems)
        }

        func masked(in contract: Contract) -> Found {
            var shown = self
            shown.schedules = schedules.masked(in: contract)
            return shown
        }
    }

    private static func add(_ verb: Verb, to routes: inout ConsoleRoutes) {
        let path = "/schedules/{service}/{schedule}/\(verb.rawValue)"
        routes.page(path, .runSchedules) { visit in Answer(try await confirmation(verb, visit)) }
        routes.form(path, .runSchedules) { visit, fields in
            let name = name(visit)
            let done = try await visit.once(fields) {
                try await visit.parts.readers.ask { system in
                    guard try await verb.act(Schedules(system), name, by: visit.viewer.signature) else { return nil }
                    return visit.done("\(name) \(verb.done).", fields, at: ["schedules"])
                }
            }
            if let done { return .done(done.target) }
            let notice = Notice("It has changed since you looked", "Nothing was done. This is how it is now.")
            return .page(try await confirmation(verb, visit, notices: [notice]), .conflict)
        }
    }

    private static func name(_ visit: Visit) -> String {
        "\(visit.parameter("service"))/\(visit.parameter("schedule"))"
    }

    private static func confirmation(_ verb: Verb, _ visit: Visit, notices: [Notice] = []) async throws -> Page {
        let name = name(visit)
        let schedule = try await visit.parts.readers.ask { try await Schedules($0).find(name) }
        let heading = "\(verb.title) \(name)"
        guard verb.applies(to: schedule),
            let action = LinkTarget(["schedules", schedule.service, schedule.name, verb.rawValue])
        else {
            let words: HTML = "\(verb.refusal) \(Link("All schedules", to: "/schedules"))"
            return visit.page(heading, notices: notices, body: Paragraph(words).html)
        }
        let form = Form(
            action,
            token: visit.token(for: action),
            id: Visit.newForm(),
            button: "\(verb.title) \(name) in \(visit.parts.settings.context)",
            back: "/schedules"
        )
        return visit.confirmPage(
            heading,
            notices: notices,
            ConfirmPage(
                "\(verb.title) \(name)\(verb == .run ? " now" : "")?",
                facts: Facts([
                    ("Recurs", .text("\(schedule.recurrence) (\(schedule.timeZone))")),
                    ("State", .text(schedule.state.rawValue)), ("Last run", time(schedule.lastRunAt, visit)),
                    ("Next", time(schedule.nextTick, visit)), ("Missed ticks", .text(schedule.missed)),
                ]).html,
                consequences: [verb.words],
                form: form,
                command: "perch schedules \(verb.rawValue) \(name)"
            )
        )
    }

    private static func time(_ time: Timestamp?, _ visit: Visit) -> CellValue {
        time.map { .component(TimeText($0, visit.clock)) } ?? .none
    }

    private static func body(_ schedules: [ScheduleStatus], isWhole: Bool, _ visit: Visit) -> HTML {
        let table = DataTable(
            id: "schedules",
            caption: "Schedules",
            isCaptionHidden: true,
            columns: [
                .init("Schedule"), .init("Recurs"), .init("Zone"), .init("State"), .init("Last run"), .init("Next"),
                .init("Error"), .init("Actions"),
            ],
            rows: schedules.map { schedule in
                [
                    .init(.text("\(schedule.service)/\(schedule.name)")), .init(.text(schedule.recurrence)),
                    .init(.text(schedule.timeZone)), .init(.component(badge(schedule))),
                    .init(time(schedule.lastRunAt, visit)), .init(time(schedule.nextTick, visit)),
                    .init(schedule.lastError.map { .text($0) } ?? .none), .init(actions(schedule, visit)),
                ]
            },
            empty: isWhole
                ? "No service has declared a schedule: its processes do when they start."
                : "No schedule is known: see above who does not tell."
        )
        return visit.may(.runSchedules) ? table.html : HTML([table, Paragraph(HTML(Right.runSchedules.missing))])
    }

    private static func badge(_ schedule: ScheduleStatus) -> Badge {
        let times = schedule.failures > 0 ? ", failed \(Counted.text(schedule.failures, "time")) in a row" : ""
        return Badge(schedule.state.rawValue + times, [.failing, .due].contains(schedule.state) ? .warning : .neutral)
    }

    private static func actions(_ schedule: ScheduleStatus, _ visit: Visit) -> CellValue {
        guard visit.may(.runSchedules) else { return .none }
        var words: HTML = .empty
        for verb in Verb.allCases where verb.applies(to: schedule) {
            guard let target = LinkTarget(["schedules", schedule.service, schedule.name, verb.rawValue]) else {
                continue
            }
            let title = verb == .run ? "Run now" : verb.title
            let link = Link(HTML(title), to: target, label: "\(title): \(schedule.service)/\(schedule.name)")
            words = words.isEmpty ? link.html : "\(words) · \(link)"
        }
        return words.isEmpty ? .none : .html(words)
    }
}
