import Foundation
import Perch
import PopugEvents
import Postgres
import ServiceKit
import ServiceTesting
import Testing

@testable import Accounting

@Suite("accounting's API")
struct APITests {
    private func api(_ office: OfficeFixture) throws -> API {
        let clock = office.clock
        return Accounting.api(database: try office.accounting.database, timeZone: office.timeZone) { clock.now }
    }

    @Test(arguments: Delivering.allCases) func figuresAreRightToTheCentOnBothSidesOfMidnight(_ mode: Delivering)
        async throws
    {
        let office = try OfficeFixture(mode, timeZone: "Europe/Berlin")
        let (ann, bob) = (try office.hire("Ann"), try office.hire(email: nil))
        let ticket = try office.takeTicket(ann, at: "2026-11-21T22:59:59.999Z")
        try office.close(ticket, at: "2026-11-21T23:00:00.000Z")
        let untitled = try office.takeTicket(bob, at: "2026-11-22T09:00:00.000Z", title: nil)
        office.clock.now = "2026-11-22T12:00:00.000Z"
        try await withAPI(api(office)) { client in
            let mine = try await client.call(.get, "/v1/accounts/me", as: .user(ann, .employee))
            #expect(mine.status == 200)
            #expect(try mine.json["user_id"]?.string == ann.text)
            #expect(try mine.json["balance"]?.integer == 2500)
            #expect(try mine.json["earned_today"]?.integer == 4000)
            let other = try await client.call(.get, "/v1/accounts/\(bob.text)", as: .someone(.accountant))
            #expect(try other.json["balance"]?.integer == -1500)
            #expect(try other.json["earned_today"]?.integer == -1500)

            let entries = try await client.call(.get, "/v1/accounts/me/entries", as: .user(ann, .employee))
            let items = try entries.json.items
            #expect(items.map { $0["kind"]?.string } == ["reward", "commission"])
            #expect(items.map { $0["amount"]?.integer } == [4000, -1500])
            #expect(items.map { $0["balance_after"]?.integer } == [2500, -1500])
            #expect(items.map { $0["title"]?.string } == ["Mend the coop", "Mend the coop"])
            #expect(items.map { $0["ticket_id"]?.string } == [ticket.text, ticket.text])
            #expect(items.map { $0["at"]?.string } == ["2026-11-21T23:00:00.000Z", "2026-11-21T22:59:59.999Z"])
            let noTitle = try await client.call(.get, "/v1/accounts/\(bob.text)/entries", as: .someone(.admin))
            #expect(try noTitle.json.items.map { $0["title"]?.string } == [String(untitled.text.prefix(8))])

            let accounts = try await client.call(.get, "/v1/accounts", as: .someone(.accountant))
            #expect(try accounts.json.items.map { $0["user_id"]?.string } == [ann.text, bob.text])
            #expect(try accounts.json.items.map { $0["name"]?.string } == ["Ann", String(bob.text.prefix(8))])
            #expect(try accounts.json.items.map { $0["balance"]?.integer } == [2500, -1500])

            let range = "/v1/management/earnings?from=2026-11-20&to=2026-11-22"
            let earnings = try await client.call(.get, range, as: .someone(.accountant))
            #expect(
                try earnings.json.items.map { item in
                    [item["commissions"]?.integer, item["rewards"]?.integer, item["earned"]?.integer]
                } == [[0, 0, 0], [1500, 0, 1500], [1500, 4000, -2500]]
            )
            #expect(
                try earnings.json.items.map { $0["day"]?.string } == ["2026-11-20", "2026-11-21", "2026-11-22"]
            )
            let month = try await client.call(.get, "/v1/management/earnings", as: .someone(.admin))
            #expect(try month.json.items.count == 30)
            #expect(try month.json.items.last?["day"]?.string == "2026-11-22")
        }
        try office.finish()
    }

    @Test(arguments: Delivering.allCases) func aDayIsClosedOnceAndTheAnswerStaysTheSame(_ mode: Delivering) async throws
    {
        let office = try OfficeFixture(mode)
        let ann = try office.hire()
        try office.earn(ann, at: "2026-11-22T09:00:00.000Z")
        try await withAPI(api(office)) { client in
            let first = try await client.call(.post, "/v1/days/2026-11-22/close", as: .someone(.admin))
            #expect(first.status == 200)
            #expect(first.text == #"{"day":"2026-11-22","paid":1,"total":2500}"#)
            let second = try await client.call(.post, "/v1/days/2026-11-22/close", as: .someone(.admin))
            #expect(second.bytes == first.bytes)
            let entries = try await client.call(
                .get,
                "/v1/accounts/me/entries?day=2026-11-22",
                as: .user(ann, .employee)
            )
            let wage = try #require(try entries.json.items.first)
            #expect(wage["kind"]?.string == "wage" && wage["amount"]?.integer == -2500)
            #expect(wage["ticket_id"] == nil && wage["title"] == nil)
            let tomorrow = try await client.call(.post, "/v1/days/2026-11-23/close", as: .someone(.admin))
            #expect(tomorrow.status == 422 && tomorrow.problem == "day-not-closable")
            for day in ["2026-02-30", "yesterday", "2026-11-2"] {
                let answer = try await client.call(.post, "/v1/days/\(day)/close", as: .someone(.admin))
                #expect((400...499).contains(answer.status), "\(day)")
            }
        }
        try office.finish()
    }

    @Test func pagesHoldEveryEntryOnceTheNewestFirst() async throws {
        let office = try OfficeFixture(.once)
        let (ann, bob) = (try office.hire(), try office.hire())
        for hour in 0..<5 {
            try office.earn(ann, at: ("2026-11-22T09:00:00.000Z" as Timestamp) + .seconds(hour * 3600))
            try office.earn(bob, at: "2026-11-22T09:00:00.000Z")
        }
        try office.earn(ann, at: "2026-11-21T09:00:00.000Z")
        let all = try office.accounting.numbers(
            "SELECT entry_id FROM reporting.ledger WHERE user_id = \(ann) ORDER BY 1 DESC"
        )
        let ofToday = try office.accounting.numbers(
            "SELECT entry_id FROM reporting.ledger WHERE user_id = \(ann) AND business_day = '2026-11-22' ORDER BY 1 DESC"
        )
        try await withAPI(api(office)) { client in
            for (path, expected) in [
                ("/v1/accounts/me/entries?limit=5", all), ("/v1/accounts/me/entries?limit=5&day=2026-11-22", ofToday),
            ] {
                var seen: [Int64] = []
                var cursor = ""
                var pages = 0
                repeat {
                    let page = try await client.call(.get, path + cursor, as: .user(ann, .employee))
                    seen += try page.json.items.compactMap { $0["entry_id"]?.integer }
                    cursor = try page.json["next_cursor"]?.string.map { "&cursor=\($0)" } ?? ""
                    pages += 1
                } while !cursor.isEmpty && pages < 9
                #expect(seen == expected)
                #expect(pages == (expected.count + 4) / 5)
            }
            var accounts: [String?] = []
            var cursor: String? = ""
            while let at = cursor {
                let page = try await client.call(.get, "/v1/accounts?limit=1\(at)", as: .someone(.admin))
                accounts += try page.json.items.map { $0["user_id"]?.string }
                cursor = try page.json["next_cursor"]?.string.map { "&cursor=\($0)" }
            }
            #expect(accounts == [ann.text, bob.text])
        }
        try office.finish()
    }

    @Test func whatIsNotKnownOrNotAllowedHasItsProblem() async throws {
        let office = try OfficeFixture(.once)
        let ann = try office.hire()
        try await withAPI(api(office)) { client in
            for (path, caller, status) in [
                ("/v1/accounts/me", Caller.someone(.employee), 404),
                ("/v1/accounts/me/entries", .someone(.manager), 404),
                ("/v1/accounts/\(UUID.v7().text)", .someone(.admin), 404),
                ("/v1/accounts/\(ann.text)", .someone(.employee), 403),
                ("/v1/accounts/\(ann.text)", .user(ann, .employee), 200),
                ("/v1/accounts/\(ann.text)/entries", .someone(.manager), 403),
                ("/v1/accounts/\(ann.text)/entries", .someone(.accountant), 200),
                ("/v1/accounts", .someone(.manager), 403), ("/v1/accounts", .stranger, 401),
                ("/v1/management/earnings", .someone(.manager), 403),
                ("/v1/management/earnings?from=2026-11-22&to=2026-11-21", .someone(.admin), 422),
                ("/v1/management/earnings?from=2025-11-21&to=2026-11-21", .someone(.admin), 200),
                ("/v1/management/earnings?from=2025-11-20&to=2026-11-21", .someone(.admin), 422),
                ("/v1/management/earnings?to=0000-01-01", .someone(.admin), 200),
                ("/v1/management/earnings?to=9999-12-31", .someone(.admin), 200),
                ("/v1/management/earnings?from=9999-12-31", .someone(.admin), 422),
                ("/v1/accounts/me/entries?cursor=x", .user(ann, .employee), 422),
                ("/v1/accounts/me/entries?day=9999-12-31", .user(ann, .employee), 200),
            ] {
                let answer = try await client.call(.get, path, as: caller)
                #expect(answer.status == status, "\(path)")
            }
            for role in Role.allCases where role != .admin {
                let answer = try await client.call(.post, "/v1/days/2026-11-22/close", as: .someone(role))
                #expect(answer.status == 403)
            }
            let ancient = try await client.call(.post, "/v1/days/0000-01-01/close", as: .someone(.admin))
            #expect(ancient.status == 422)
            #expect(ancient.problem == "day-not-closable")
        }
        #expect(try office.accounting.numbers("SELECT count(*) FROM accounting.closed_days") == [0])
    }
}
