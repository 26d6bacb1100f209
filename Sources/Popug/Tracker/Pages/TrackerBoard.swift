import Foundation
import PageKit
import Postgres

/// What is known of all that open pages show, and how they say it.
struct TrackerBoard {
    private let tickets: [UUID: TicketNow]
    private let counts: [UUID: Int]
    private let standings: [UUID: ReassignmentStanding]
    private let clock: PageClock

    init(tickets: [TicketNow], counts: [UUID: Int], standings: [ReassignmentStanding], now: Timestamp) {
        self.tickets = [UUID: TicketNow](tickets.map { ($0.ticketID, $0) }) { $1 }
        self.standings = [UUID: ReassignmentStanding](standings.map { ($0.press.id, $0) }) { $1 }
        self.counts = counts
        clock = PageClock(now: now)
    }

    /// Nil where it is not known.
    func value(of key: TrackerKey) -> String? {
        switch key {
        case .status(let id): tickets[id]?.status.rawValue
        case .assignee(let id): tickets[id]?.assigneeName
        case .assigned(let id): tickets[id]?.assignedAt?.description
        case .closed(let id): tickets[id].map { $0.closedAt.map(Self.ago(clock)) ?? "–" }
        case .fate(let id, let user): tickets[id].map { Self.fate($0, of: user) }
        case .open(let user): Self.toDo(counts[user] ?? 0)
        case .state(let id): standings[id]?.words
        case .drawn(let id): standings[id].map { String($0.drawn) }
        case .drawnWords(let id): standings[id]?.drawnWords
        }
    }

    /// `12 tickets to do`
    static func toDo(_ count: Int) -> String {
        count == 0 ? "Nothing to do" : "\(PageWords.count(count, "ticket")) to do"
    }

    /// Nothing as long as it is somebody's to close.
    private static func fate(_ ticket: TicketNow, of user: UUID) -> String {
        if ticket.closedAt != nil { return "· closed meanwhile" }
        return ticket.assigneeID == user ? "" : "· went to \(ticket.assigneeName) meanwhile"
    }

    /// To the minute, so that it does not change each second.
    private static func ago(_ clock: PageClock) -> (Timestamp) -> String {
        { time in
            let isNow = (clock.now - time) < .seconds(60)
            return isNow ? "now" : clock.relative(time)
        }
    }
}
