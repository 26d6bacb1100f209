import Hummingbird
import PageKit
import PopugEvents
import Postgres
import ServiceKit

/// Which days are paid, and whom each has paid.
extension AccountingPages {
    func addDays(to routes: inout PageRoutes) {
        let who = Access.roles(.accountant, .admin)
        routes.page("/days", for: who, fields: ["after", "before"]) { visit in
            var place = ListPlace<CalendarDate>.start
            if let day = try dayField("after", of: visit) { place = .after(day) }
            if let day = try dayField("before", of: visit) { place = .before(day) }
            let days = try await books.days(at: place, in: database)
            let today = try await books.today(in: database)
            func target(_ place: ListPlace<CalendarDate>?) -> LinkTarget? {
                place.flatMap {
                    LinkTarget(["days"], query: [("after", $0.after?.description), ("before", $0.before?.description)])
                }
            }
            let table = DaysTable(days: days.items, today: today).table(visit.clock)
            let pager = Pager(newer: target(days.previous), older: target(days.next))
            return visit.page("Pay days", body: "\(tabs(isDays: true))\(zoneNote(visit))\(table)\(pager)")
        }
        routes.page("/days/{day}", for: who, fields: ["after", "before"]) { visit in
            let view = try await view(of: visit)
            let stream = view.keys.isEmpty ? nil : LinkTarget(["live", "days", "\(view.day)"])
            let body: HTML = "\(tabs(isDays: true))\(view.body(visit) { resume($0, visit) })"
            return visit.page(view.day.heading(on: view.today), stream: stream, body: body)
        }
        routes.stream("/live/days/{day}", for: who, fields: []) { visit in try await view(of: visit).keys }
    }

    static func target(_ day: CalendarDate) -> LinkTarget { LinkTarget(["days", "\(day)"]) ?? "/days" }

    private func view(of visit: Visit) async throws -> DayPage {
        let day = try day(of: visit)
        let (state, today) = try await books.state(of: day, in: database)
        return DayPage(
            day: day,
            state: state,
            today: today,
            progress: try await payDay.progress(of: day, in: database),
            record: try await payDay.record(of: day, in: database),
            wages: try await books.wages(of: day, at: try AccountPlace.of(visit), in: database),
            isPaying: await payouts.isPaying(day)
        )
    }

    /// The form that goes on with a close which has stopped.
    private func resume(_ progress: PayDayProgress, _ visit: Visit) -> HTML {
        guard visit.viewer.user.role == .admin, let target = LinkTarget(["days", "\(progress.day)", "resume"]) else {
            return Paragraph("An admin can go on with it here.").html
        }
        let button = progress.left == 0 ? "Go on" : "Go on: pay \(People.count(progress.left))"
        return Form(target, token: visit.token(for: target), button: button).html
    }
}
