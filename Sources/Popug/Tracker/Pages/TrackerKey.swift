import Foundation
import PageKit
import Perch

/// A value of an open page, as its key names it.
enum TrackerKey: Hashable {
    /// `open`, `closed`
    case status(UUID)
    case assignee(UUID)
    /// Since when, as a point in time.
    case assigned(UUID)
    /// When a ticket was closed, as far as an open page can tell.
    case closed(UUID)
    /// What has become of a ticket that was somebody's.
    case fate(UUID, of: UUID)
    /// How many tickets somebody has to close.
    case open(UUID)
    /// How far a reassignment is, in words.
    case state(UUID)
    /// How many tickets it has drawn, and the same in words.
    case drawn(UUID)
    case drawnWords(UUID)

    var live: LiveKey {
        switch self {
        case .status(let id): LiveKey("tickets/\(id.text)/status")
        case .assignee(let id): LiveKey("tickets/\(id.text)/assignee")
        case .assigned(let id): LiveKey("tickets/\(id.text)/assigned")
        case .closed(let id): LiveKey("tickets/\(id.text)/closed")
        case .fate(let id, let user): LiveKey("tickets/\(id.text)/fate/\(user.text)")
        case .open(let user): LiveKey("people/\(user.text)/open")
        case .state(let id): LiveKey("reassignments/\(id.text)/state")
        case .drawn(let id): LiveKey("reassignments/\(id.text)/drawn")
        case .drawnWords(let id): LiveKey("reassignments/\(id.text)/drawn/words")
        }
    }

    /// Nil for a key that is not of these.
    init?(_ key: LiveKey) {
        let parts = key.description.split(separator: "/").map { String($0) }
        guard parts.count > 2, let id = UUID(uuidString: parts[1]) else { return nil }
        switch (parts[0], parts[2], parts.count) {
        case ("tickets", "status", 3): self = .status(id)
        case ("tickets", "assignee", 3): self = .assignee(id)
        case ("tickets", "assigned", 3): self = .assigned(id)
        case ("tickets", "closed", 3): self = .closed(id)
        case ("tickets", "fate", 4):
            guard let user = UUID(uuidString: parts[3]) else { return nil }
            self = .fate(id, of: user)
        case ("people", "open", 3): self = .open(id)
        case ("reassignments", "state", 3): self = .state(id)
        case ("reassignments", "drawn", 3): self = .drawn(id)
        case ("reassignments", "drawn", 4): self = .drawnWords(id)
        default: return nil
        }
    }

    /// The ticket that it tells of.
    var ticket: UUID? {
        switch self {
        case .status(let id), .assignee(let id), .assigned(let id), .closed(let id), .fate(let id, _): id
        case .open, .state, .drawn, .drawnWords: nil
        }
    }

    /// The reassignment that it tells of.
    var reassignment: UUID? {
        switch self {
        case .state(let id), .drawn(let id), .drawnWords(let id): id
        case .status, .assignee, .assigned, .closed, .fate, .open: nil
        }
    }

    /// Who it tells of.
    var person: UUID? { if case .open(let user) = self { user } else { nil } }
}
