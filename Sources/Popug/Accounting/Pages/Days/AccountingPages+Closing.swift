import Foundation
import Hummingbird
import PageKit
import PopugEvents
import Postgres
import ServiceKit

/// Pay day: what a close would do, and the close.
///
/// A day is closed once, and each account is paid once for it: that is so by the database, whoever sends the form how often, from wherever.
extension AccountingPages {
    func addClosing(to routes: inout PageRoutes) {
        routes.page("/days/{day}/close", for: .roles(.admin)) { visit in
            let day = try day(of: visit)
            guard try await payDay.paid(of: day, in: database) == nil else { return try await closedPage(day, visit) }
            do {
                return page(try await view(of: day), visit)
            } catch let refusal as DayNotClosable {
                throw OtherPage(Self.page(refusal, visit), .conflict)
            }
        }
        routes.form("/days/{day}/close", for: .roles(.admin)) { visit, fields in
            try await close(try day(of: visit), confirmedBy: fields["confirm"] ?? "", visit)
        }
        routes.form("/days/{day}/resume", for: .roles(.admin)) { visit, _ in
            let day = try day(of: visit)
            guard let soFar = try await payDay.paid(of: day, in: database) else {
                return .page(Self.page(DayNotClosable(day: day, message: "nobody has closed it yet"), visit), .conflict)
            }
            return await goOn(with: day, soFar)
        }
    }

    private func close(_ day: CalendarDate, confirmedBy typed: String, _ visit: Visit) async throws -> Outcome {
        // Somebody else was faster, or it is the same form again.
        if let soFar = try await payDay.paid(of: day, in: database) { return await goOn(with: day, soFar) }
        do {
            guard CalendarDate(typed.filter { !$0.isWhitespace }) == day else {
                var view = try await view(of: day)
                view.typed = String(typed.prefix(100))
                view.error = "Type \(day) to confirm; nothing was done"
                return .page(page(view, visit), .unprocessableContent)
            }
            try await payDay.begin(day, in: database)
        } catch let refusal as DayNotClosable {
            return .page(Self.page(refusal, visit), .conflict)
        } catch is DaysAreBusy {
            var view = try await view(of: day)
            view.typed = typed
            view.error = "The day could not be closed for the work that is going on: press the button again"
            return .page(page(view, visit), .serviceUnavailable)
        }
        await payouts.goOn(with: day)
        return .done(Self.target(day), message: "\(day.text) is closed.")
    }

    /// Says that it is closed already, and pays what is left, if anything is.
    private func goOn(with day: CalendarDate, _ soFar: PaidSoFar) async -> Outcome {
        if soFar.isDone { return .done(Self.target(day), message: "Closed already: nothing was paid twice.") }
        await payouts.goOn(with: day)
        return .done(
            Self.target(day),
            message: "\(day.text) is closed already, and its payout goes on: nobody is paid twice."
        )
    }

    private func view(of day: CalendarDate) async throws -> CloseDayView {
        CloseDayView(preview: try await payDay.preview(day, in: database), zone: timeZone.identifier)
    }

    private func page(_ view: CloseDayView, _ visit: Visit) -> Page {
        visit.page(
            view.heading,
            asks: true,
            notices: view.notices,
            errors: ErrorSummary(of: [view.field]),
            body: view.body(token: visit.token(for: CloseDayView.target(view.preview.payments.day))).html
        )
    }

    private func closedPage(_ day: CalendarDate, _ visit: Visit) async throws -> Page {
        let today = try await books.today(in: database)
        let words: HTML = "Closed already: nothing is paid twice. \(Link("See what it has paid", to: Self.target(day)))"
        return visit.page("\(day.heading(on: today)) is closed", body: Paragraph(words).html)
    }

    private static func page(_ refusal: DayNotClosable, _ visit: Visit) -> Page {
        let words: HTML = "\(refusal.day.text) was not closed: \(refusal.message). \(Link("To all days", to: "/days"))"
        return visit.page("This day cannot be closed", body: Paragraph(words).html)
    }
}
