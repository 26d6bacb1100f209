import PageKit
import Perch
import PerchOperating

/// How failed events are written.
enum FailedWords {
    /// `3 dead letters and 12 failed events`; nothing where there are none.
    static func sum(_ counts: [FailedEvent.State: Int]) -> String {
        let parts = [
            counts[.dead].map { Counted.text($0, "dead letter") },
            counts[.failed].map { Counted.text($0, "failed event") },
            counts[.held].map { Counted.text($0, "held event") },
        ].compactMap(\.self)
        return parts.count > 1
            ? "\(parts.dropLast().joined(separator: ", ")) and \(parts.last ?? "")" : parts.first ?? ""
    }

    static func badge(_ state: FailedEvent.State) -> Badge {
        switch state {
        case .dead: Badge("dead", .danger)
        case .failed: Badge("failed", .warning)
        case .held: Badge("held", .neutral)
        }
    }

    /// The first line, at most so many characters.
    static func line(_ error: String, most: Int = 160) -> String {
        let line = error.split(whereSeparator: \.isNewline).first ?? ""
        let cut = line.prefix(most)
        return cut.endIndex < line.endIndex || line.endIndex < error.endIndex ? "\(cut) …" : String(cut)
    }

    static func link(_ group: GroupName, _ id: FailedEvent.ID) -> Link {
        Link("\(group.rawValue)/\(String(id))", to: Places.failed(group, number: id))
    }

    /// What nobody finds any more.
    static func gone(_ group: GroupName, _ id: FailedEvent.ID) -> String {
        "There is no failed event \(group)/\(id), or no longer: it took effect, or was discarded."
    }
}
