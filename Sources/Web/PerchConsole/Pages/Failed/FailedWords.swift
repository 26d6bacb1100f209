import PageKit
import Perch
import PerchOperating

/// How failed events are written.
enum FailedWords {
    /// `3 dead letters and 12 failed events`; nothing where there are none.
    static func sum(_ counts: [FailedEvent.State: Int]) -> String {
        let parts = [
            counts[.dead].map { plural($0, "dead letter") }, counts[.failed].map { plural($0, "failed event") },
            counts[.held].map { plural($0, "held event") },
        ].compactMap(\.self)
        return parts.count > 1
            ? "\(parts.dropLast().joined(separator: ", ")) and \(parts.last ?? "")" : parts.first ?? ""
    }

    /// `1 event`, `12,304 events`
    static func plural(_ number: Int, _ noun: String) -> String {
        "\(NumberText.count(number)) \(noun)\(number == 1 ? "" : "s")"
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

    /// The page of one of them.
    static func target(_ group: GroupName, _ id: FailedEvent.ID, _ below: String...) -> LinkTarget {
        LinkTarget(["failed", group.rawValue, String(id)] + below) ?? "/failed"
    }

    static func link(_ group: GroupName, _ id: FailedEvent.ID) -> Link {
        Link("\(group.rawValue)/\(String(id))", to: target(group, id))
    }

    /// What nobody finds any more.
    static func gone(_ group: GroupName, _ id: FailedEvent.ID) -> String {
        "There is no failed event \(group)/\(id), or no longer: it took effect, or was discarded."
    }
}
