import Foundation
import HTTPTypes
import Hummingbird
import Logging
import PageKit
import PopugEvents
import Postgres
import ServiceKit

/// What the pages of accounting share.
struct AccountingPages: Sendable {
    let books: Books
    let payDay: PayDay
    let database: Database
    let timeZone: TimeZone
    let places: PopugPlaces
    let payouts: Payouts
    /// How long a page waits for the reward that somebody has just earned.
    var patience = Duration.milliseconds(1500)

    /// - Parameter payDay: Tells what today is, too.
    init(payDay: PayDay, database: Database, places: PopugPlaces, logger: Logger) {
        (self.payDay, self.database, self.places, timeZone) = (payDay, database, places, payDay.timeZone)
        books = Books(timeZone: payDay.timeZone, now: payDay.now)
        payouts = Payouts(payDay: payDay, database: database, logger: logger)
    }

    /// Each page is a file of its own, and adds its routes here.
    func add(to routes: inout PageRoutes) {
        routes.detour("/") { visit in
            switch visit.viewer.user.role {
            case .accountant, .admin: "/management"
            case .employee, .manager: "/account"
            }
        }
        addAccount(to: &routes)
        addAccounts(to: &routes)
        addManagement(to: &routes)
        addDays(to: &routes)
        addClosing(to: &routes)
    }

    /// The two pages of what popug earns and pays.
    func tabs(isDays: Bool) -> Tabs {
        Tabs(
            "Management",
            [
                .init("What was earned", to: "/management", isCurrent: !isDays),
                .init("Pay days", to: "/days", isCurrent: isDays),
            ]
        )
    }

    /// Where days begin and end, where that is not the viewer's zone.
    func zoneNote(_ visit: Visit) -> HTML {
        guard timeZone.identifier != visit.clock.zone.identifier else { return .empty }
        let own = visit.clock.zone == .gmt ? "UTC" : visit.clock.zone.identifier
        return Paragraph(
            "Days begin and end in \(timeZone.identifier); times of day are those of \(own).",
            isNote: true
        ).html
    }

    /// - Throws: 404 where the path has no day.
    func day(of visit: Visit) throws -> CalendarDate {
        guard let day = CalendarDate(visit.parameter("day")) else {
            throw HTTPError(.notFound, message: "There is no such day. A day is written as 2026-11-28.")
        }
        return day
    }

    /// - Throws: 400 where it is set to something else than a day.
    func dayField(_ name: String, of visit: Visit) throws -> CalendarDate? {
        guard let text = visit.field(name) else { return nil }
        guard let day = CalendarDate(text) else {
            throw HTTPError(.badRequest, message: "“\(name)” is a day, such as 2026-11-28.")
        }
        return day
    }
}

/// A page that is answered in place of the one that was asked for.
struct OtherPage: HTTPResponseError {
    let page: Page
    let status: HTTPResponse.Status

    init(_ page: Page, _ status: HTTPResponse.Status) { (self.page, self.status) = (page, status) }

    func response(from request: Request, context: some RequestContext) throws -> Response { page.response(status) }
}
