import Foundation
import PageKit
import Perch
import Postgres

/// A value that the pages of analytics keep fresh. Its name says whose it is, so that it stays right on a page that is open past midnight.
enum AnalyticsKey: Sendable, Hashable {
    /// A column of what management earned.
    enum Part: String, Sendable, CaseIterable { case commissions, rewards, earned }

    case earnings(Part, ClosedRange<CalendarDate>)
    /// How many wages were paid in some days.
    case paid(ClosedRange<CalendarDate>)
    /// How much they were together.
    case wages(ClosedRange<CalendarDate>)
    case belowZero
    case balance(UUID)
    /// Whether the dearest ticket of a period is still the one that a page shows; nil: it shows none.
    case dearest(Period, shown: UUID?)
    case rebuild

    /// As pages and streams name it.
    var live: LiveKey {
        switch self {
        case .earnings(let part, let days): LiveKey("\(part.rawValue)/\(Self.text(days))")
        case .paid(let days): LiveKey("paid/\(Self.text(days))")
        case .wages(let days): LiveKey("wages/\(Self.text(days))")
        case .belowZero: "below-zero"
        case .balance(let user): LiveKey("balance/\(user.text)")
        case .dearest(let period, let shown): LiveKey("dearest/\(period.rawValue)/\(shown?.text ?? Self.none)")
        case .rebuild: "rebuild"
        }
    }

    /// - Parameter key: One that `live` made; nil for any other.
    init?(_ key: LiveKey) {
        let parts = key.description.split(separator: "/", omittingEmptySubsequences: false).map { String($0) }
        switch (parts.count, parts[0]) {
        case (1, "below-zero"): self = .belowZero
        case (1, "rebuild"): self = .rebuild
        case (2, "balance"):
            guard let user = UUID(uuidString: parts[1]) else { return nil }
            self = .balance(user)
        case (2, let name):
            guard let days = Self.days(parts[1]) else { return nil }
            switch name {
            case "paid": self = .paid(days)
            case "wages": self = .wages(days)
            default:
                guard let part = Part(rawValue: name) else { return nil }
                self = .earnings(part, days)
            }
        case (3, "dearest"):
            let shown = UUID(uuidString: parts[2])
            guard let period = Period(rawValue: parts[1]), shown != nil || parts[2] == Self.none else { return nil }
            self = .dearest(period, shown: shown)
        default: return nil
        }
    }

    private static let none = "none"

    private static func text(_ days: ClosedRange<CalendarDate>) -> String { "\(days.lowerBound)..\(days.upperBound)" }

    private static func days(_ text: String) -> ClosedRange<CalendarDate>? {
        let ends = text.split(separator: ".", omittingEmptySubsequences: true).map { CalendarDate(String($0)) }
        guard ends.count == 2, let first = ends[0], let last = ends[1], first <= last else { return nil }
        return first...last
    }
}
