import ArgumentParser
import Perch
import PerchOperating

/// A failed event as people name it: `accounting/17`, or `17` where the group is clear.
struct FailedID: ExpressibleByArgument, Hashable, CustomStringConvertible {
    let group: String?
    let number: Int64

    init(group: String, number: Int64) { (self.group, self.number) = (group, number) }

    init?(argument: String) {
        let parts = argument.split(separator: "/", omittingEmptySubsequences: false)
        guard let last = parts.last, let number = Int64(last), number > 0, parts.count <= 2 else { return nil }
        if parts.count == 2, parts[0].isEmpty { return nil }
        group = parts.count == 2 ? String(parts[0]) : nil
        self.number = number
    }

    var description: String { group.map { "\($0)/\(number)" } ?? "\(number)" }

    static func text(_ group: GroupName, _ id: FailedEvent.ID) -> String { "\(group)/\(id)" }
}

/// `90s`, `15m`, `2h`, `7d`.
struct Age: ExpressibleByArgument {
    let duration: Duration

    init?(argument: String) {
        let units: [Character: Int64] = ["s": 1, "m": 60, "h": 3600, "d": 86_400]
        guard let unit = argument.last.flatMap({ units[$0] }), let number = Int64(argument.dropLast()),
            (0..<1_000_000).contains(number)
        else { return nil }
        duration = .seconds(number * unit)
    }
}

/// A state as it is typed.
enum FailedState: String, ExpressibleByArgument, CaseIterable {
    case failed, held, dead

    var state: FailedEvent.State {
        switch self {
        case .failed: .failed
        case .held: .held
        case .dead: .dead
        }
    }
}
