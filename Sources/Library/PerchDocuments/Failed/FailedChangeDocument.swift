import Perch
package import PerchOperating

/// A change of failed events as JSON.
package struct FailedChangeDocument: Encodable {
    let groups: [Group]
    let chosen, changed: Int
    let isDone, isStopped: Bool

    struct Group: Encodable {
        let group, upTo: String
        let chosen, changed: Int
    }

    package init(_ change: FailedChange, _ outcome: FailedChange.Outcome?) {
        let done = Dictionary(outcome?.changed.map { ($0.group, $0.count) } ?? []) { $1 }
        groups = change.parts.map {
            Group(
                group: $0.group.rawValue,
                upTo: $0.bound,
                chosen: $0.count,
                changed: done[$0.group] ?? 0
            )
        }
        chosen = change.count
        changed = outcome?.count ?? 0
        isStopped = outcome?.isStopped ?? false
        isDone = outcome != nil && !isStopped
    }
}

extension FailedChange.Part {
    /// Where its count ended, as a later command takes it: `accounting/17-1764550804000000`.
    package var bound: String { mark.map { "\(group)/\($0)" } ?? "\(group)" }
}
