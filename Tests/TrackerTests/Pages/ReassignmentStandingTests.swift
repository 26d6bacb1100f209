import Foundation
import Perch
import Postgres
import Testing

@testable import Tracker

@Suite struct ReassignmentStandingTests {
    private static let start = Timestamp(milliseconds: 1_800_000_000_000)

    private static func press(_ state: Reassignment.State, tickets: Int? = nil, by name: String = "Eve") -> Reassignment
    {
        Reassignment(
            id: .v7(),
            by: .v7(),
            byName: name,
            at: start,
            finishedAt: tickets.map { _ in start + .milliseconds(4_080) },
            tickets: tickets,
            state: state
        )
    }

    private static func standing(
        _ press: Reassignment,
        seconds: Int = 1,
        _ change: (inout ReassignmentStanding) -> Void = { _ in }
    ) -> ReassignmentStanding {
        var standing = ReassignmentStanding(press: press, now: start + .seconds(seconds))
        change(&standing)
        return standing
    }

    @Test func itIsSaidInWords() {
        let eve = Self.press(.underWay)
        let rows: [(ReassignmentStanding, ReassignmentStanding.Kind, String, Bool)] = [
            (Self.standing(Self.press(.finished, tickets: 12_304)), .done, "12,304 tickets in 4.1 s", true),
            (Self.standing(Self.press(.finished, tickets: 1)), .done, "1 ticket in 4.1 s", true),
            (
                Self.standing(eve) { $0.progress = .init(drawn: 5_000, total: 12_304) }, .drawing, "Drawing by lot",
                false
            ),
            (Self.standing(eve) { $0.progress = .init(drawn: 7, total: 7) }, .committing, "Committing", false),
            (
                Self.standing(eve) {
                    $0.isRunning = true
                    $0.ahead = Self.press(.underWay, by: "Ann")
                }, .waiting, "Waits behind Ann's", false
            ),
            (Self.standing(eve), .elsewhere, "Under way in another process of tracker", false),
            (Self.standing(Self.press(.stopped)) { $0.isRunning = true }, .beginning, "About to begin", false),
            // No process holds its lock yet.
            (Self.standing(Self.press(.stopped), seconds: 9), .beginning, "About to begin", false),
            (Self.standing(Self.press(.stopped), seconds: 10), .stopped, "Nothing was changed", true),
            (Self.standing(Self.press(.stopped)) { $0.failure = .noEmployee }, .stopped, "Nothing was changed", true),
        ]
        for (standing, kind, words, isOver) in rows {
            #expect(standing.kind == kind && standing.words == words && standing.isOver == isOver)
        }
    }

    @Test func whatIsDrawnIsToldOfAll() {
        let drawing = Self.standing(Self.press(.underWay)) { $0.progress = .init(drawn: 9_107, total: 12_304) }
        #expect(drawing.drawnWords == "9,107 of 12,304 tickets" && drawing.drawn == 9_107)
        #expect(Self.standing(Self.press(.finished, tickets: 5)).drawnWords == "5 of 5 tickets")
        #expect(Self.standing(Self.press(.underWay)).drawnWords == nil)
    }

    @Test func theOutlookIsASentence() {
        for (tickets, employees, words) in [
            (12_304, 412, "12,304 open tickets go to 412 employees by lot, also to whoever has them now."),
            (1, 2, "1 open ticket goes to 2 employees by lot, also to whoever has it now."),
            (5, 1, "5 open tickets go to 1 employee by lot."),
        ] {
            #expect(ReassignPage.sentence(.init(openTickets: tickets, employees: employees)) == words)
        }
        #expect(ReassignPage.sentence(.init(openTickets: 0, employees: 2)) == nil)
        #expect(ReassignPage.sentence(.init(openTickets: 2, employees: 0)) == nil)
    }
}
