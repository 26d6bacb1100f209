import PageKit
import Perch
import PerchDocuments
import PerchOperating

/// What goes on only when somebody does something.
enum OverviewNeeds {
    static func cards(of snapshot: SystemSnapshot, _ clock: PageClock) -> [Cards.Card] {
        let rows = snapshot.groupRows
        let names = snapshot.groups.map(\.status.group)
        return names.flatMap { name in
            let rows = rows.filter { $0.group == name }
            return [deadLetters(name, rows), unattended(name, rows), paused(name, rows)].compactMap(\.self)
        } + held(snapshot, clock)
    }

    private static func deadLetters(_ group: GroupName, _ rows: [GroupLine]) -> Cards.Card? {
        let dead = rows.compactMap(\.dead).reduce(0, +)
        guard dead > 0 else { return nil }
        let held = rows.compactMap(\.held).reduce(0, +)
        return Cards.Card(
            "\(group): \(NumberText.count(dead)) dead \(dead == 1 ? "letter" : "letters")",
            to: Places.failed([("group", group.rawValue), ("state", "dead")]),
            facts: "Somebody has to retry or discard \(dead == 1 ? "it" : "them"). \(held) held behind failed events."
        )
    }

    private static func unattended(
        _ group: GroupName,
        _ rows: [GroupLine]
    ) -> Cards.Card? {
        let states = Set(rows.map(\.state))
        let lag = rows.compactMap(\.lag).reduce(0, +)
        if states.contains(.nobodyRunsIt) {
            return Cards.Card(
                "Nobody runs \(group)",
                to: Places.group(group),
                facts: "No worker has shown life for 10 s. \(lag) events wait. Start its workers."
            )
        }
        guard states == [.neverRan] else { return nil }
        return Cards.Card(
            "\(group) has never run",
            to: Places.group(group),
            facts: "The contract names it. Start its workers, or take it out of the contract."
        )
    }

    private static func paused(_ group: GroupName, _ rows: [GroupLine]) -> Cards.Card? {
        let topics = rows.filter { $0.partitions.contains { $0.isPaused == true } }
        guard !topics.isEmpty else { return nil }
        let lag = topics.compactMap(\.lag).reduce(0, +)
        return Cards.Card(
            "\(group) is paused on \(topics.map(\.topic.rawValue).joined(separator: ", "))",
            to: Places.group(group),
            facts: "Nothing of it takes effect there until somebody resumes it. \(lag) events wait."
        )
    }

    private static func held(_ snapshot: SystemSnapshot, _ clock: PageClock) -> [Cards.Card] {
        snapshot.heldTopics.sorted { $0.key < $1.key }.map { topic, since in
            Cards.Card(
                "\(topic) is held",
                to: Places.topic(topic),
                facts:
                    "Since \(TimeText(since, clock)), for a change of its partitions: what is published waits in the outbox."
            )
        }
    }
}
