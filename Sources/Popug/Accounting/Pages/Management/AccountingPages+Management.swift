import HTTPTypes
import Hummingbird
import NIOCore
import PageKit
import PopugEvents
import Postgres
import ServiceKit

/// What popug earns: commissions less rewards.
extension AccountingPages {
    func addManagement(to routes: inout PageRoutes) {
        let (who, fields) = (Access.roles(.accountant, .admin), ["from", "to"])
        routes.page("/management", for: who, fields: fields) { visit in
            let choice = try await choice(visit)
            let view = try await view(of: choice)
            let query = fields.map { ($0, visit.field($0)) }
            let file = LinkTarget(["management.csv"], query: query) ?? "/management.csv"
            let parts: [HTML] = [
                tabs(isDays: false).html, view.stats.html, zoneNote(visit),
                FilterBar("Days", "/management", fields: choice.fields, button: "Show").html,
                view.chart.html, view.table.html,
                Paragraph("\(Link("These days as a file for spreadsheets (CSV)", to: file))").html,
            ]
            let hasErrors = !choice.errors.html.isEmpty
            let page = visit.page(
                "Management",
                stream: LinkTarget(["live", "management"], query: hasErrors ? [] : query),
                errors: choice.errors,
                body: HTML(parts)
            )
            if hasErrors { throw OtherPage(page, .unprocessableContent) }
            return page
        }
        routes.file("/management.csv", for: who, fields: fields) { visit in
            let choice = try await choice(visit)
            guard choice.errors.html.isEmpty else {
                throw HTTPError(
                    .unprocessableContent,
                    message:
                        "“from” and “to” are days such as 2026-11-28, in their order, \(DayRangeChoice.longest) days at most."
                )
            }
            let view = try await view(of: choice)
            return Self.response(view.file, named: "earned-\(choice.days.lowerBound)-\(choice.days.upperBound).csv")
        }
        routes.stream("/live/management", for: who, fields: fields) { visit in
            try await view(of: try await choice(visit)).keys
        }
    }

    private func choice(_ visit: Visit) async throws -> DayRangeChoice {
        DayRangeChoice(visit, today: try await books.today(in: database))
    }

    private func view(of choice: DayRangeChoice) async throws -> ManagementView {
        let days = choice.days
        let report = try await books.report(from: days.lowerBound, to: days.upperBound, in: database)
        let today = report.today
        let none = Money(cents: 0)
        let now =
            if let found = report.days.first(where: { $0.day == today }) {
                found
            } else {
                try await books.earnings(from: today, to: today, in: database).first
                    ?? DayEarnings(day: today, commissions: none, rewards: none, earned: none)
            }
        return ManagementView(report: report, now: now)
    }

    private static func response(_ file: CSVTable, named name: String) -> Response {
        var headers = HTTPFields()
        headers[.contentType] = "text/csv; charset=utf-8; header=present"
        headers[.contentDisposition] = "attachment; filename=\"\(name)\""
        headers[.cacheControl] = "no-store"
        return Response(
            status: .ok,
            headers: headers,
            body: ResponseBody(byteBuffer: ByteBuffer(string: file.text))
        )
    }
}
