public import Foundation
import PopugEvents
public import Postgres
public import ServiceKit

extension Analytics {
    /// The HTTP API, for admins.
    ///
    /// - Parameter timeZone: What "today" means until something was counted; then the time zone of the read model does.
    public static func api(database: Database, timeZone: TimeZone = .gmt) -> API {
        api(database: database, reports: Reports(timeZone: timeZone))
    }

    static func api(database: Database, reports: Reports) -> API {
        API(
            service: "analytics",
            title: "How business goes.",
            calls: [
                earnings(reports, database), belowZero(reports, database), mostExpensive(reports, database),
                wages(reports, database),
            ]
        )
    }

    private static func earnings(_ reports: Reports, _ database: Database) -> APICall {
        APICall(
            .get,
            "/v1/earnings",
            "What management earned on each day of a range, by the time of the events: commissions minus rewards.",
            access: .roles(.admin),
            parameters: DayRange.parameters,
            answer: .json(
                .object("Earnings", [.required("items", .array(earningsSchema))]),
                "Each day, the earliest first; in cents."
            )
        ) { request in
            let days = try await DayRange.read(request, reports, database)
            return try .json(Items(items: try await reports.earnings(days, in: database)))
        }
    }

    private static func wages(_ reports: Reports, _ database: Database) -> APICall {
        APICall(
            .get,
            "/v1/wages",
            "What was paid out on each day of a range, by the time of the events.",
            access: .roles(.admin),
            parameters: DayRange.parameters,
            answer: .json(
                .object("Wages", [.required("items", .array(wagesSchema))]),
                "Each day, the earliest first; in cents."
            )
        ) { request in
            let days = try await DayRange.read(request, reports, database)
            return try .json(Items(items: try await reports.wages(days, in: database)))
        }
    }

    private static func belowZero(_ reports: Reports, _ database: Database) -> APICall {
        APICall(
            .get,
            "/v1/employees/below-zero",
            "How many employees have a balance below zero at present.",
            access: .roles(.admin),
            answer: .json(
                .object(
                    "BelowZero",
                    [.required("day", .day, "Today."), .required("count", .integer(in: 0 ... .max))]
                ),
                "Today's count."
            )
        ) { _ in
            let day = try await reports.today(in: database)
            return try .json(BelowZero(day: day, count: try await reports.employeesBelowZero(in: database)))
        }
    }

    private static func mostExpensive(_ reports: Reports, _ database: Database) -> APICall {
        APICall(
            .get,
            "/v1/tickets/most-expensive",
            "The ticket with the highest reward of those closed today, this week (from Monday) or this month.",
            access: .roles(.admin),
            parameters: [periodParameter.description],
            answer: .json(ticketSchema, "The ticket; of equal ones that which was closed first."),
            problems: [.notFound]
        ) { request in
            let period = try request.require(periodParameter)
            let today = try await reports.today(in: database)
            guard
                let ticket = try await reports.mostExpensiveTicket(of: period, around: today, in: database)
            else { throw Problem(.notFound, "no ticket was closed in this \(period.rawValue)") }
            return try .json(ticket)
        }
    }

    // MARK: Schemas

    private static let periodParameter = Parameter<Period>.query(
        "period",
        "Which tickets: those closed in this period."
    ).required

    private static let earningsSchema = Schema.object(
        "DayEarnings",
        [
            .required("day", .day), .required("commissions", .cents, "Charged to employees."),
            .required("rewards", .cents, "Credited to employees."),
            .required("earned", .cents, "Commissions minus rewards."),
        ]
    )

    private static let wagesSchema = Schema.object(
        "DayWages",
        [
            .required("day", .day), .required("count", .integer(in: 0 ... .max), "How many wages."),
            .required("total", .cents),
        ]
    )

    private static let ticketSchema = Schema.object(
        "ExpensiveTicket",
        [
            .required("period", .oneOf(Period.self)), .required("from", .day), .required("to", .day),
            .required("ticket_id", .id), .optional("title", .string(), "Left out where the event did not tell."),
            .required("assignee_id", .id), .required("reward", .cents), .required("closed_at", .time),
        ]
    )

    private struct Items<Item: Encodable>: Encodable { let items: [Item] }

    private struct BelowZero: Encodable {
        let day: CalendarDate
        let count: Int
    }
}
