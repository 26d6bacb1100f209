import Foundation
import HTTPTypes
import Hummingbird
import PageKit
import Perch
import Postgres
import ServiceKit

extension TrackerPages {
    /// The most tickets of a page.
    private static var mostTickets: Int { Tickets.pageLength }

    /// What keeps tickets fresh on a page of them; of somebody's own, whether they still are.
    static func stream(of ids: [UUID], areMine: Bool = false) -> LinkTarget? {
        if ids.isEmpty, !areMine { return nil }
        let tickets = ids.map(\.text).joined(separator: ".")
        return LinkTarget(["live"], query: [("tickets", tickets), ("mine", areMine ? "1" : nil)])
    }

    /// What keeps the page of a reassignment fresh.
    static func stream(ofReassignment id: UUID) -> LinkTarget? {
        LinkTarget(["live"], query: [("reassignment", id.text)])
    }

    func addStream(to routes: inout PageRoutes) {
        routes.stream("/live", fields: ["tickets", "mine", "reassignment"]) { visit in
            Set(try Self.keys(visit).map(\.live))
        }
    }

    private static func keys(_ visit: Visit) throws -> [TrackerKey] {
        let (user, isMine) = (visit.viewer.user, visit.field("mine") != nil)
        let tickets = try ids(visit.field("tickets") ?? "")
        var keys = tickets.flatMap { id -> [TrackerKey] in
            isMine ? [.fate(id, of: user.id)] : [.status(id), .assignee(id), .assigned(id), .closed(id)]
        }
        if isMine { keys.append(.open(user.id)) }
        if let press = visit.field("reassignment") {
            guard user.role.mayReassign else { throw HTTPError(.forbidden, message: "This is not for your role.") }
            keys += try ids(press).flatMap { [.state($0), .drawn($0), .drawnWords($0)] }
        }
        return keys
    }

    private static func ids(_ text: String) throws -> [UUID] {
        let parts = text.split(separator: ".")
        let ids = parts.compactMap { UUID(uuidString: String($0)) }
        guard ids.count == parts.count, ids.count <= mostTickets else {
            throw HTTPError(.badRequest, message: "Expected up to \(mostTickets) ids, with a point between them.")
        }
        return ids
    }
}

extension TrackerPages: LiveSource {
    func values(of keys: Set<LiveKey>) async throws -> [LiveKey: String] {
        let wanted = keys.compactMap { TrackerKey($0) }
        let ticketIDs = Set(wanted.compactMap(\.ticket))
        let tickets = ticketIDs.isEmpty ? [] : try await tickets.now(of: ticketIDs, in: database)
        let people = Set(wanted.compactMap(\.person))
        let counts = people.isEmpty ? [:] : try await self.tickets.openCounts(of: people, in: database)
        let pressIDs = Set(wanted.compactMap(\.reassignment))
        let standings = pressIDs.isEmpty ? [] : try await standings(of: Array(pressIDs))
        let board = TrackerBoard(tickets: tickets, counts: counts, standings: standings, now: now())
        return [LiveKey: String](wanted.compactMap { key in board.value(of: key).map { (key.live, $0) } }) { $1 }
    }
}
