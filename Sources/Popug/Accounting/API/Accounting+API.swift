public import Foundation
import PopugEvents
public import Postgres
public import ServiceKit

extension Accounting {
    /// The HTTP API: accounts, ledgers, what management earned, and pay day.
    ///
    /// - Parameters:
    ///   - database: As the service's role.
    ///   - timeZone: Where a day begins and ends: the workers' own.
    ///   - now: The clock, for tests.
    public static func api(
        database: Database,
        timeZone: TimeZone = .gmt,
        now: @escaping @Sendable () -> Timestamp = { .now }
    ) -> API {
        let books = Books(timeZone: timeZone, now: now)
        let user = Parameter<UUID>.path("user_id", "Whose account.")
        return API(
            service: "accounting",
            title: "Money: accounts, ledgers, what management earned, and pay day.",
            calls: [
                statement("/v1/accounts/me", nil, books, database),
                statement("/v1/accounts/{user_id}", user, books, database),
                entries("/v1/accounts/me/entries", nil, books, database),
                entries("/v1/accounts/{user_id}/entries", user, books, database),
                accounts(books, database),
                earnings(books, database),
                closing(PayDay(timeZone: timeZone, now: now), database),
            ]
        )
    }

    /// Of the caller, or of the user whose id is this parameter.
    private static func statement(
        _ path: String,
        _ user: Parameter<UUID>?,
        _ books: Books,
        _ database: Database
    ) -> APICall {
        APICall(
            .get,
            path,
            "What an account holds, and what it has earned today.",
            access: user == nil ? .anyUser : .owner("user_id", or: .accountant, .admin),
            parameters: user.map { [$0.description] } ?? [],
            answer: .json(AccountStatement.schema, "The account as it is now."),
            problems: [.noAccount]
        ) { request in
            let owner = try user.map { try request.require($0) } ?? request.user.id
            guard let statement = try await books.statement(of: owner, in: database) else { throw Problem(.noAccount) }
            return try .json(statement)
        }
    }

    private static func entries(
        _ path: String,
        _ user: Parameter<UUID>?,
        _ books: Books,
        _ database: Database
    ) -> APICall {
        let day = Parameter<CalendarDate>.query(
            "day",
            "Only entries of this business day: what its close pays, and the wage itself."
        )
        return APICall(
            .get,
            path,
            "The ledger of an account, the newest entry first.",
            access: user == nil ? .anyUser : .owner("user_id", or: .accountant, .admin),
            parameters: (user.map { [$0.description] } ?? [])
                + [day.description, Parameter.limit.description, Parameter.cursor.description],
            answer: .json(.page(of: LedgerEntry.schema), "A page of entries."),
            problems: [.noAccount]
        ) { request in
            let limit = try request.require(.limit)
            let rows = try await books.entries(
                of: try user.map { try request.require($0) } ?? request.user.id,
                day: try request[day],
                before: try request[.cursor].map { try $0.decoded(as: Int64.self) },
                limit: limit + 1,
                in: database
            )
            guard let rows else { throw Problem(.noAccount) }
            return try .json(CursorPage(rows, limit: limit) { Cursor(String($0.entryID)) })
        }
    }

    private static func accounts(_ books: Books, _ database: Database) -> APICall {
        APICall(
            .get,
            "/v1/accounts",
            "Every account with its balance, in the order of their ids.",
            access: .roles(.accountant, .admin),
            parameters: [Parameter.limit.description, Parameter.cursor.description],
            answer: .json(.page(of: Account.schema), "A page of accounts.")
        ) { request in
            let limit = try request.require(.limit)
            let after = try request[.cursor].map { try $0.decoded(as: UUID.self) }
            let rows = try await books.accounts(after: after, limit: limit + 1, in: database)
            return try .json(CursorPage(rows, limit: limit) { Cursor($0.userID.uuidString.lowercased()) })
        }
    }

    private static func closing(_ payDay: PayDay, _ database: Database) -> APICall {
        let day = Parameter<CalendarDate>.path("day", "Today or earlier. Today may be closed early.")
        return APICall(
            .post,
            "/v1/days/{day}/close",
            "Close a day and pay out what it leaves the accounts. Once it is closed: what it has paid, and nothing more.",
            access: .roles(.admin),
            parameters: [day.description],
            answer: .json(ClosedDay.schema, "What the day has paid."),
            problems: [.dayNotClosable, .unavailable]
        ) { request in
            let closed = try await payDay.close(try request.require(day), in: database)
            return try .json(closed[closed.count - 1])
        }
    }
}
