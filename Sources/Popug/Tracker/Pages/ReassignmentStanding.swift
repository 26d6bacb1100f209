import PageKit
import Postgres

/// How a reassignment stands: what its row says, and what this process knows if it is at it.
struct ReassignmentStanding: Sendable, Hashable {
    /// How long a press may take to begin. A row that nobody is at is not taken for one that stopped before.
    static let timeToBegin = Duration.seconds(10)

    let press: Reassignment
    /// Whether this process is at it.
    var isRunning = false
    /// Of this process; nil where it has not come to the tickets.
    var progress: ReassignmentProgress?
    /// Why it came to nothing here.
    var failure: RunningReassignments.Failure?
    /// What it waits for.
    var ahead: Reassignment?
    let now: Timestamp

    enum Kind: Sendable, Hashable {
        case done, beginning, waiting, drawing, committing, elsewhere, stopped
    }

    var kind: Kind {
        if press.state == .finished { return .done }
        if let progress { return progress.isCommitting ? .committing : .drawing }
        if press.state == .underWay, ahead != nil { return .waiting }
        if isRunning { return .beginning }
        if press.state == .underWay { return .elsewhere }
        return failure == nil && now - press.at < Self.timeToBegin ? .beginning : .stopped
    }

    /// Nothing of it will change any more.
    var isOver: Bool { kind == .done || kind == .stopped }

    var words: String {
        switch kind {
        case .done: PageWords.done(press.tickets ?? 0, in: (press.finishedAt ?? press.at) - press.at)
        case .beginning: "About to begin"
        case .waiting: "Waits behind \(PageWords.owner(ahead?.byName ?? ""))"
        case .drawing: "Drawing by lot"
        case .committing: "Committing"
        case .elsewhere: "Under way in another process of tracker"
        case .stopped: "Nothing was changed"
        }
    }

    /// What is said beside a press that came to nothing.
    var reason: String {
        failure == .noEmployee
            ? NewTicketPage.nobody : "It ended before all tickets were drawn, so none of them was given away."
    }

    /// How many tickets are drawn.
    var drawn: Int { press.tickets ?? progress?.drawn ?? 0 }

    /// How many there are; nil where this process does not know.
    var total: Int? { press.tickets ?? progress?.total }

    /// `9,107 of 12,304 tickets`; nil where this process does not know.
    var drawnWords: String? {
        total.map { ProgressBar.words(done: UInt64(clamping: drawn), of: UInt64(clamping: $0), unit: "tickets") }
    }
}
