import Foundation
import Perch
import PerchTesting
import PopugEvents
import Postgres
import ServiceKit
import ServiceTesting
import Testing

@testable import Analytics

@Suite("analytics' API") struct APITests {
    /// Sunday, in Berlin already Monday.
    static let now = Timestamp("2026-11-22T23:30:00.000Z")

    private func api(_ fixture: AnalyticsFixture, zone: TimeZone = .gmt) throws -> API {
        let now = try #require(Self.now)
        return Analytics.api(database: try fixture.database, reports: Reports(timeZone: zone) { now })
    }

    @discardableResult
    private func close(
        _ title: String?,
        reward: Int64,
        by user: UUID,
        at time: String,
        in streams: inout TestStreams
    ) throws -> UUID {
        let ticket = UUID.v7()
        let time = try #require(Timestamp(time))
        try streams.append(TicketCreated(ticketID: ticket, assigneeID: user, title: title), time: time)
        try streams.append(
            TicketMoneyUpdated(ticketID: ticket, commission: Money(cents: 1000), reward: Money(cents: reward)),
            time: time
        )
        try streams.append(TicketClosed(ticketID: ticket), time: time)
        return ticket
    }

    @Test func earningsAndWagesAreToldByDayBothEndsIncluded() async throws {
        let fixture = try AnalyticsFixture()
        var streams = TestStreams(contract: fixture.contract)
        let ann = UUID.v7()
        try close("a", reward: 2500, by: ann, at: "2026-11-19T23:59:59.999Z", in: &streams)
        try close("b", reward: 3000, by: ann, at: "2026-11-20T00:00:00.000Z", in: &streams)
        try close("c", reward: 2000, by: ann, at: "2026-11-22T23:59:59.999Z", in: &streams)
        for (amount, time) in [(5, "2026-11-20T10:00:00.000Z"), (7, "2026-11-20T11:00:00.000Z")] {
            let wage = UserWagePaid(userID: ann, amount: Money(cents: Int64(amount)))
            try streams.append(wage, time: try #require(Timestamp(time)))
        }
        try fixture.harness.deliver(streams.deliveries.flatMap(\.value))
        try await withAPI(try api(fixture)) { client in
            let some = try await client.call(.get, "/v1/earnings?from=2026-11-20&to=2026-11-22", as: .someone(.admin))
            #expect(some.status == 200)
            #expect(
                some.text == """
                    {"items":[{"day":"2026-11-20","commissions":1000,"rewards":3000,"earned":-2000},\
                    {"day":"2026-11-22","commissions":1000,"rewards":2000,"earned":-1000}]}
                    """
            )
            let usual = try await client.call(.get, "/v1/earnings", as: .someone(.admin))
            #expect(try usual.json.items.map { $0["day"]?.string } == ["2026-11-19", "2026-11-20", "2026-11-22"])
            let wages = try await client.call(.get, "/v1/wages?from=2026-11-20&to=2026-11-20", as: .someone(.admin))
            #expect(wages.text == #"{"items":[{"day":"2026-11-20","count":2,"total":12}]}"#)
            let none = try await client.call(.get, "/v1/wages?from=2025-11-23&to=2025-11-23", as: .someone(.admin))
            #expect(none.text == #"{"items":[]}"#)
        }
    }

    @Test func aRangeThatIsNoneOrTooLongIsRefused() async throws {
        let fixture = try AnalyticsFixture()
        try await withAPI(try api(fixture)) { client in
            for path in ["/v1/earnings", "/v1/wages"] {
                let longest = "\(path)?from=2024-01-01&to=2024-12-31"
                let full = try await client.call(.get, longest, as: .someone(.admin))
                #expect(full.status == 200)
                for query in [
                    "from=2024-01-01&to=2025-01-01", "from=2026-11-22&to=2026-11-21", "from=2026-02-30", "to=tomorrow",
                    "from=2026-11-23",
                ] {
                    let answer = try await client.call(.get, "\(path)?\(query)", as: .someone(.admin))
                    #expect(answer.status == 422, "\(path)?\(query)")
                }
            }
        }
    }

    @Test func onlyEmployeesBelowZeroAreCounted() async throws {
        let fixture = try AnalyticsFixture()
        var streams = TestStreams(contract: fixture.contract)
        let (below, even, unknown, manager) = (UUID.v7(), UUID.v7(), UUID.v7(), UUID.v7())
        for user in [below, even] { try streams.append(UserCreated(userID: user, role: .employee)) }
        try streams.append(UserCreated(userID: manager, role: .manager))
        for user in [below, even, unknown, manager] {
            let ticket = UUID.v7()
            try streams.append(TicketCreated(ticketID: ticket, assigneeID: user))
            let price = TicketMoneyUpdated(ticketID: ticket, commission: Money(cents: 10), reward: Money(cents: 10))
            try streams.append(price)
            if user == even { try streams.append(TicketClosed(ticketID: ticket)) }
        }
        try fixture.harness.deliver(streams.deliveries.flatMap(\.value))
        let berlin = try #require(TimeZone(identifier: "Europe/Berlin"))
        try await withAPI(try api(fixture)) { client in
            let answer = try await client.call(.get, "/v1/employees/below-zero", as: .someone(.admin))
            #expect(answer.text == #"{"day":"2026-11-22","count":1}"#)
        }
        // The one that was unknown turns out to be an employee; today is that of the read model, not of the setting.
        var later = TestStreams(contract: fixture.contract)
        try later.append(UserCreated(userID: unknown, role: .employee))
        try fixture.harness.deliver(later.deliveries.flatMap(\.value))
        try await withAPI(try api(fixture, zone: berlin)) { client in
            let answer = try await client.call(.get, "/v1/employees/below-zero", as: .someone(.admin))
            #expect(answer.text == #"{"day":"2026-11-22","count":2}"#)
        }
    }

    @Test func theMostExpensiveTicketIsOfThePresentDayWeekAndMonth() async throws {
        let fixture = try AnalyticsFixture()
        var streams = TestStreams(contract: fixture.contract)
        let ann = UUID.v7()
        func closed(_ title: String?, _ reward: Int64, _ time: String) throws -> UUID {
            try close(title, reward: reward, by: ann, at: "2026-\(time).000Z", in: &streams)
        }
        _ = try closed("next month", 9000, "12-01T00:00:00")
        let month = try closed(nil, 4000, "11-01T00:00:00")
        _ = try closed("next week", 5000, "12-01T00:00:01")
        let week = try closed("this week", 3500, "11-16T00:00:00")
        _ = try closed("last week", 3900, "11-15T23:59:59")
        _ = try closed("later", 3000, "11-22T12:00:01")
        let day = try closed("first", 3000, "11-22T12:00:00")
        _ = try closed("cheaper", 2999, "11-22T01:00:00")
        _ = try closed("last month", 8000, "10-31T23:59:59")
        try fixture.harness.deliver(streams.deliveries.flatMap(\.value))
        try await withAPI(try api(fixture)) { client in
            for (period, ticket, from, to) in [
                ("day", day, "2026-11-22", "2026-11-22"), ("week", week, "2026-11-16", "2026-11-22"),
                ("month", month, "2026-11-01", "2026-11-30"),
            ] {
                let path = "/v1/tickets/most-expensive?period=\(period)"
                let answer = try await client.call(.get, path, as: .someone(.admin)).json
                #expect(answer["ticket_id"]?.string == ticket.text, "\(period)")
                #expect([answer["from"]?.string, answer["to"]?.string] == [from, to])
                #expect(answer["assignee_id"]?.string == ann.text)
                #expect((answer["title"] == nil) == (period == "month"))
            }
            for query in ["", "?period=year", "?period=day&period=week"] {
                let path = "/v1/tickets/most-expensive\(query)"
                let answer = try await client.call(.get, path, as: .someone(.admin))
                #expect([400, 422].contains(answer.status), "\(query)")
            }
        }
    }

    @Test func whereNothingWasClosedThereIsNoMostExpensiveTicket() async throws {
        try await withAPI(try api(try AnalyticsFixture())) { client in
            let path = "/v1/tickets/most-expensive?period=month"
            let answer = try await client.call(.get, path, as: .someone(.admin))
            #expect(answer.status == 404)
            #expect(answer.problem == "not-found")
        }
    }

    @Test func allCallsAreForAdminsOnly() async throws {
        try await withAPI(try api(try AnalyticsFixture())) { client in
            for path in [
                "/v1/earnings", "/v1/wages", "/v1/employees/below-zero", "/v1/tickets/most-expensive?period=day",
            ] {
                let stranger = try await client.call(.get, path)
                #expect(stranger.status == 401, "\(path)")
                for role in [Role.employee, .manager, .accountant] {
                    let other = try await client.call(.get, path, as: .someone(role))
                    #expect(other.status == 403, "\(role) \(path)")
                }
            }
        }
    }

    @Test func periodsAreOfTheCalendar() throws {
        for (period, day, first, last) in [
            (Period.week, "2026-11-16", "2026-11-16", "2026-11-22"), (.week, "2026-11-22", "2026-11-16", "2026-11-22"),
            (.week, "1969-12-30", "1969-12-29", "1970-01-04"), (.month, "2024-02-29", "2024-02-01", "2024-02-29"),
            (.month, "2026-12-31", "2026-12-01", "2026-12-31"), (.month, "2026-01-31", "2026-01-01", "2026-01-31"),
            (.month, "2026-02-01", "2026-02-01", "2026-02-28"), (.day, "2026-02-01", "2026-02-01", "2026-02-01"),
        ] {
            let days = period.days(around: try #require(CalendarDate(day)))
            #expect([days.lowerBound.description, days.upperBound.description] == [first, last], "\(period) \(day)")
        }
    }
}
