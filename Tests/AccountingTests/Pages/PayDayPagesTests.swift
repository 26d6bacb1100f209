import Foundation
import HTTPTesting
import Perch
import PopugEvents
import Postgres
import ServiceKit
import ServiceTesting
import Synchronization
import Testing

@testable import Accounting

@Suite("the pages of pay day") struct PayDayPagesTests {
    private let gain = OfficeFixture.gain

    /// Three are owed something for two days, one owes.
    private func payroll(timeZone: String = "GMT") throws -> OfficeFixture {
        let office = try OfficeFixture(.once, timeZone: timeZone)
        let people = try ["Ann", "Bob", "Eve", "Dan"].map { try office.hire($0) }
        for person in people.prefix(2) { try office.earn(person, at: "2026-11-20T12:00:00.000Z") }
        for person in people.prefix(3) { try office.earn(person, at: "2026-11-21T12:00:00.000Z") }
        try office.takeTicket(people[3], at: "2026-11-21T13:00:00.000Z")
        return office
    }

    private func paidDays(_ office: OfficeFixture) throws -> [String] {
        try office.accounting.texts("SELECT concat_ws(' ', day, paid, total) FROM accounting.paid_days ORDER BY 1")
    }

    @Test func theDryRunSaysWhatTheCloseThenPays() async throws {
        let office = try payroll(timeZone: "Europe/Berlin")
        try await office.serving { process in
            let admin = try await process.visitor(.admin)
            let before = try office.accounting.dump()
            let page = try await admin.get("/days/2026-11-21/close")
            #expect(
                page.said.contains(
                    """
                    Close Saturday 21 November (Europe/Berlin): 3 people get 75.00. 1 below zero carries over. Also 20 \
                    November, which is still open: 2 people, 50.00. What comes later counts to 22 November.
                    """
                )
            )
            #expect(page.said.contains("Pay 5 people") && !page.said.contains("The day is not over"))
            #expect(try office.accounting.dump() == before)
            let form = try #require(page.forms.first { $0.action == "/days/2026-11-21/close" })
            let sent = try await admin.send(form.with("confirm", "2026-11-21"))
            #expect(sent.status == 303 && sent.header("Location") == "/days/2026-11-21")
            await process.pages.payouts.wait(for: "2026-11-21")
            #expect(try paidDays(office) == ["2026-11-20 2 5000", "2026-11-21 3 7500"])
            let day = try await admin.follow(sent)
            #expect(day.said.contains("21 November 2026 is closed."))
            #expect(day.said.contains("State closed") && day.said.contains("Paid 3 people Total 75.00"))
            #expect(
                day.said.contains("Who was paid") && day.said.contains("Ann 25.00") && day.said.contains("Eve 25.00")
            )
            #expect(!day.said.contains("Dan"))
            // Again: the same form, and the page that asks.
            let again = try await admin.follow(try await admin.send(form.with("confirm", "2026-11-21")))
            #expect(again.said.contains("Closed already: nothing was paid twice."))
            #expect(
                try await admin.get("/days/2026-11-21/close").said.contains("Closed already: nothing is paid twice.")
            )
            #expect(try paidDays(office) == ["2026-11-20 2 5000", "2026-11-21 3 7500"])
        }
        try office.finish()
    }

    @Test(arguments: ["", "2026-11-20", "21 November", "yes", "<b>", "2026-11-21\u{0}"])
    func whoDoesNotTypeTheDateClosesNothing(typed: String) async throws {
        let office = try payroll()
        try await office.serving { process in
            let admin = try await process.visitor(.admin)
            let form = try #require(
                try await admin.get("/days/2026-11-21/close").forms.first { $0.action.hasSuffix("/close") }
            )
            let answer = try await admin.send(form.with("confirm", typed))
            #expect(answer.status == 422)
            #expect(answer.said.contains("Type 2026-11-21 to confirm; nothing was done"))
            #expect(answer.said.contains("Close Saturday 21 November (GMT): 3 people get 75.00."))
            let kept = try #require(answer.forms.first { $0.action.hasSuffix("/close") })
            if typed != "2026-11-21\u{0}" { #expect(kept.fields.contains { $0 == ("confirm", typed) }) }
        }
        #expect(try office.accounting.numbers("SELECT count(*) FROM accounting.closed_days") == [0])
    }

    @Test func aFormThatIsNotOfThisSessionClosesNothing() async throws {
        let office = try payroll()
        try await office.serving { process in
            let (admin, other) = (try await process.visitor(.admin), try await process.visitor(.admin))
            let form = try #require(
                try await admin.get("/days/2026-11-21/close").forms.first { $0.action.hasSuffix("/close") }
            )
            .with("confirm", "2026-11-21")
            #expect(try await other.send(form).status == 403)
            #expect(try await admin.send(form.without("token")).status == 403)
            #expect(try await admin.send(form, site: "same-site").status == 403)
        }
        #expect(try office.accounting.numbers("SELECT count(*) FROM accounting.closed_days") == [0])
    }

    @Test func twoAdminsAtTwoProcessesCloseADayAtOnceAndSeeTheSameEnd() async throws {
        let office = try payroll()
        try await office.serving { first in
            try await office.serving { second in
                let (ann, ben) = (try await first.visitor(.admin), try await second.visitor(.admin, name: "Ben"))
                func form(_ admin: PageVisitor) async throws -> ShownForm {
                    let page = try await admin.get("/days/2026-11-21/close")
                    return try #require(page.forms.first { $0.action.hasSuffix("/close") }).with(
                        "confirm",
                        "2026-11-21"
                    )
                }
                let (hers, his) = (try await form(ann), try await form(ben))
                // And each presses twice.
                async let answers = [ann.send(hers), ann.send(hers)]
                async let others = [ben.send(his), ben.send(his)]
                for answer in try await answers + others {
                    #expect(answer.status == 303 && answer.header("Location") == "/days/2026-11-21")
                }
                await first.pages.payouts.wait(for: "2026-11-21")
                await second.pages.payouts.wait(for: "2026-11-21")
                let pages = try await [ann.get("/days/2026-11-21"), ben.get("/days/2026-11-21")]
                for page in pages { #expect(page.said.contains("Paid 3 people Total 75.00")) }
            }
        }
        #expect(try paidDays(office) == ["2026-11-20 2 5000", "2026-11-21 3 7500"])
        try office.finish()
    }

    @Test func aCloseThatIsCutShortSaysSoAndIsGoneOnWithAndNobodyIsPaidTwice() async throws {
        struct Killed: Error {}
        let office = try payroll()
        let taken = Mutex(0)
        let cut: @Sendable (PayDay.Step) throws -> Void = { step in
            guard case .paid = step else { return }
            if taken.withLock({ taken in
                taken += 1
                return taken == 3
            }) {
                throw Killed()
            }
        }
        // The time of the wages is the test's; that of the close is the server's, which is later.
        office.clock.now = .now
        try await office.serving(onStep: cut) { process in
            let admin = try await process.visitor(.admin)
            let form = try #require(
                try await admin.get("/days/2026-11-21/close").forms.first { $0.action.hasSuffix("/close") }
            )
            _ = try await admin.send(form.with("confirm", "2026-11-21"))
            await process.pages.payouts.wait(for: "2026-11-21")
            #expect(try paidDays(office) == ["2026-11-20 2 5000"])
            let page = try await admin.get("/days/2026-11-21")
            #expect(page.said.contains("3 of 5 people") && page.said.contains("So far 3 people got 75.00."))
            #expect(page.said.contains("Paid when this page was loaded"))
            #expect(!page.said.contains("has stopped"))
        }
        // The process is gone, and nobody is paid any more.
        office.clock.now = office.clock.now + .seconds(200)
        try await office.serving { process in
            let accountant = try await process.visitor(.accountant)
            let seen = try await accountant.get("/days/2026-11-21")
            #expect(
                seen.said.contains("The payout has stopped.") && seen.said.contains("An admin can go on with it here.")
            )
            #expect(seen.forms.allSatisfy { !$0.action.hasSuffix("/resume") })
            let admin = try await process.visitor(.admin)
            let page = try await admin.get("/days/2026-11-21")
            #expect(page.said.contains("2 people are not paid yet, 50.00 in all."))
            #expect(page.said.contains("3 of 5 people") && page.said.contains("Go on: pay 2 people"))
            let form = try #require(page.forms.first { $0.action == "/days/2026-11-21/resume" })
            let stream = try #require(page.stream)
            let came = try await admin.live(stream, until: "All are paid: 5 people got 125.00.") {
                let answer = try await admin.send(form)
                #expect(answer.status == 303)
            }
            #expect(came.contains("paid/2026-11-21/5/words\":\"5 of 5 people\""))
            #expect(
                try await admin.follow(try await admin.send(form)).said.contains(
                    "Closed already: nothing was paid twice."
                )
            )
        }
        #expect(try paidDays(office) == ["2026-11-20 2 5000", "2026-11-21 3 7500"])
        try office.finish()
    }

    @Test func todayIsClosedEarlyOnlyWithAWarning() async throws {
        let office = try payroll()
        try await office.serving { process in
            let admin = try await process.visitor(.admin)
            let page = try await admin.get("/days/2026-11-22/close")
            #expect(
                page.said.contains(
                    "The day is not over. It can be closed early: what else comes today counts to 23 November."
                )
            )
            #expect(page.said.contains("Close Sunday 22 November (GMT): nobody gets anything."))
            #expect(page.said.contains("Also 20 and 21 November, which are still open: 5 people, 125.00."))
        }
    }

    @Test func aDayThatCannotBeClosedSaysWhy() async throws {
        let office = try payroll()
        try await office.serving { process in
            let admin = try await process.visitor(.admin)
            let future = try await admin.get("/days/2026-11-23/close")
            #expect(future.status == 409 && future.said.contains("the day has not begun yet"))
            #expect(try await admin.get("/days/2019-01-01/close").status == 409)
            #expect(try await admin.get("/days/today/close").status == 404)
            // A day that nobody has closed has nothing to go on with.
            let form = try #require(
                try await admin.get("/days/2026-11-21/close").forms.first { $0.action.hasSuffix("/close") }
            )
            #expect(try await admin.post("/days/2026-11-21/resume", form.fields).status == 403)
        }
        #expect(try office.accounting.numbers("SELECT count(*) FROM accounting.closed_days") == [0])
    }

    @Test func theListOfDaysAndEachDayTellTheirState() async throws {
        let office = try payroll()
        try await office.closeDay("2026-11-20")
        try await office.serving { process in
            let (accountant, admin) = (try await process.visitor(.accountant), try await process.visitor(.admin))
            let list = try await accountant.get("/days")
            #expect(list.said.contains("Sunday 22 November open – none – none – none Saturday 21 November to be paid"))
            #expect(list.said.contains("Friday 20 November closed 2 50.00"))
            #expect(list.link("Saturday 21 November") == "/days/2026-11-21")
            let due = try await admin.get("/days/2026-11-21")
            #expect(due.said.contains("It is over, and nobody has closed it yet."))
            #expect(due.link("See what its close would do") == "/days/2026-11-21/close")
            #expect(try await accountant.get("/days/2026-11-21").said.contains("Admins close days."))
            #expect(try await admin.get("/days/2026-11-22").said.contains("Entries count to it until it is closed."))
            #expect(try await admin.get("/days/2026-11-23").said.contains("It has not begun yet."))
            #expect(try await admin.get("/days/2026-11-19").said.contains("there was nothing to pay"))
        }
    }
}
