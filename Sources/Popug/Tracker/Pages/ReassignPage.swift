import Foundation
import HTTPTypes
import Hummingbird
import PageKit
import Perch
import PopugEvents
import Postgres
import ServiceKit

/// `/reassign`: what would I do?
enum ReassignPage {
    static let path: LinkTarget = "/reassign"

    /// What would be done, in a sentence; nil where there is nothing to do, or nobody to take it.
    static func sentence(_ outlook: ReassignmentOutlook) -> String? {
        guard outlook.openTickets > 0, outlook.employees > 0 else { return nil }
        let (one, isOne) = (outlook.openTickets == 1, outlook.employees == 1)
        let tickets = "\(PageWords.count(outlook.openTickets, "open ticket")) \(one ? "goes" : "go")"
        let rest = isOne ? "" : ", also to whoever has \(one ? "it" : "them") now"
        return "\(tickets) to \(PageWords.count(outlook.employees, "employee")) by lot\(rest)."
    }

    /// Why there is nothing to press.
    static func nothing(_ outlook: ReassignmentOutlook) -> String {
        outlook.openTickets == 0 ? "No ticket is open, so there is nothing to reassign." : "\(NewTicketPage.nobody)."
    }

    static let consequences: [HTML] = [
        "Each is charged the commission again.", "Closing waits for up to 10 seconds, reading goes on.",
    ]

    /// The last presses.
    static func table(_ standings: [ReassignmentStanding], _ clock: PageClock) -> DataTable {
        DataTable(
            id: "reassignments",
            caption: "The last reassignments",
            columns: [.init("When"), .init("Who"), .init("What came of it")],
            rows: standings.map { standing in
                let press = standing.press
                return [
                    .init(.component(Link(TimeText(press.at, clock).html, to: Reassignment.target(press.id)))),
                    .init(.text(press.byName)),
                    .init(.text(standing.words)),
                ]
            },
            empty: "Nobody has reassigned yet."
        )
    }
}

extension TrackerPages {
    func addReassign(to routes: inout PageRoutes) {
        routes.page("/reassign", for: .roles(.manager, .admin)) { visit in try await self.askToReassign(visit) }
        routes.form("/reassign", for: .roles(.manager, .admin)) { visit, fields in
            guard let id = fields["form"].flatMap({ UUID(uuidString: $0) }) else {
                throw HTTPError(.badRequest, message: "This form has no id.")
            }
            return try await self.reassign(id, visit)
        }
    }

    private func askToReassign(_ visit: Visit) async throws -> Page {
        let outlook = try await presses.outlook(in: database)
        let latest = try await standings(of: presses.latest(in: database))
        let table = ReassignPage.table(latest, visit.clock)
        let tabs = Self.tabs(visit, ReassignPage.path)
        guard let sentence = ReassignPage.sentence(outlook) else {
            let words = Paragraph(HTML(ReassignPage.nothing(outlook)))
            return visit.page("Reassign", body: "\(tabs)\(words)\(table)")
        }
        let confirm = ConfirmPage(
            HTML(sentence),
            consequences: ReassignPage.consequences,
            form: Self.form(.v7(), visit, button: "Reassign \(PageWords.count(outlook.openTickets, "ticket"))")
        )
        return visit.page("Reassign", asks: true, body: "\(tabs)\(confirm)\(table)")
    }

    static func form(_ id: UUID, _ visit: Visit, button: String) -> Form {
        Form(
            ReassignPage.path,
            token: visit.token(for: ReassignPage.path),
            id: id.text,
            button: button,
            back: MyTicketsPage.path
        )
    }

    /// A form that is sent again leads to the same press: it is begun where no process is at it.
    private func reassign(_ id: UUID, _ visit: Visit) async throws -> Outcome {
        let user = visit.viewer.user.id
        try await presses.note(id, by: user, in: database)
        guard let press = try await presses.reassignment(id, in: database), press.by == user else {
            throw HTTPError(.forbidden, message: "This form was sent by somebody else. Open it anew.")
        }
        if press.state == .stopped { running.begin(id, by: user) }
        return .done(Reassignment.target(id))
    }
}
