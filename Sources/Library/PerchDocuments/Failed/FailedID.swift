package import Perch
package import PerchOperating

/// A failed event as people name it: `accounting/17`, or `17` where the group is clear.
package struct FailedID: Sendable, Hashable, CustomStringConvertible {
    package let group: String?
    package let number: Int64

    package init(group: String, number: Int64) { (self.group, self.number) = (group, number) }

    package init?(_ text: String) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard let last = parts.last, let number = Int64(last), number > 0, parts.count <= 2 else { return nil }
        if parts.count == 2, parts[0].isEmpty { return nil }
        group = parts.count == 2 ? String(parts[0]) : nil
        self.number = number
    }

    package var description: String { group.map { "\($0)/\(number)" } ?? "\(number)" }

    package static func text(_ group: GroupName, _ id: FailedEvent.ID) -> String { "\(group)/\(id)" }
}
