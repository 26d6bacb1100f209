import Foundation
import HTTPTypes
import Hummingbird
import PageKit
import Perch
import PopugEvents
import Postgres
import ServiceKit

extension TrackerPages {
    func addReassignment(to routes: inout PageRoutes) {
        routes.page("/reassign/{reassignment}", for: .roles(.manager, .admin)) { visit in
            guard let id = visit.id("reassignment"),
                let standing = try await self.standings(of: [id]).first
            else { throw Self.noSuchReassignment(visit) }
            // Until it is known how many tickets it takes, as many are expected as are open.
            let open = standing.total == nil ? try await self.presses.outlook(in: self.database).openTickets : 0
            return Self.page(of: standing, expected: open, visit)
        }
    }

    /// `/reassign/ID`: is it done?
    private static func page(of standing: ReassignmentStanding, expected: Int, _ visit: Visit) -> Page {
        let press = standing.press
        var parts: [any Component] = [
            Paragraph("\(LiveText(standing.words, live: TrackerKey.state(press.id).live))"),
            ProgressBar(
                "Tickets drawn",
                done: UInt64(clamping: standing.drawn),
                of: UInt64(clamping: standing.total ?? expected),
                unit: "tickets",
                live: TrackerKey.drawn(press.id).live
            ),
        ]
        if standing.kind == .stopped { parts[1] = Paragraph(HTML(standing.reason)) }
        let facts = Facts([
            ("Who", .text(press.byName)), ("When", .component(TimeText(press.at, visit.clock))),
            ("Id", .component(Copied(key: press.id.text))),
        ])
        parts.append(facts)
        if standing.kind == .stopped, press.by == visit.viewer.user.id {
            parts.append(form(press.id, visit, button: "Reassign again"))
        } else {
            parts.append(Paragraph("\(Link("To the last reassignments", to: ReassignPage.path))"))
        }
        return visit.page(
            "Reassignment",
            stream: standing.isOver ? nil : stream(ofReassignment: press.id),
            body: "\(tabs(visit, nil))\(HTML(parts))"
        )
    }

    private static func noSuchReassignment(_ visit: Visit) -> PageRefusal {
        let words = Paragraph("Nobody has pressed it. \(Link("The last reassignments", to: ReassignPage.path))")
        return PageRefusal(visit.page("No such reassignment", body: words.html))
    }

    // MARK: How they stand

    /// Those of these presses that there are.
    func standings(of ids: [UUID]) async throws -> [ReassignmentStanding] {
        try await standings(of: presses.reassignments(ids, in: database))
    }

    func standings(of presses: [Reassignment]) async throws -> [ReassignmentStanding] {
        var standings: [ReassignmentStanding] = []
        for press in presses {
            var standing = ReassignmentStanding(press: press, now: now())
            standing.isRunning = running.isRunning(press.id)
            standing.progress = running.progress(of: press.id)
            standing.failure = running.failure(of: press.id)
            if press.state == .underWay, standing.progress == nil {
                standing.ahead = try await self.presses.ahead(of: press.id, in: database)
            }
            standings.append(standing)
        }
        return standings
    }
}
