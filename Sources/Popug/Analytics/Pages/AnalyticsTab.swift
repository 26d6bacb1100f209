import PageKit

/// The pages of analytics, side by side.
enum AnalyticsTab: CaseIterable, Sendable {
    case earnings, belowZero, dearest, wages

    /// The heading of the page.
    var heading: String {
        switch self {
        case .earnings: "Earnings"
        case .belowZero: "Below zero"
        case .dearest: "Dearest tickets"
        case .wages: "Wages"
        }
    }

    var target: LinkTarget {
        switch self {
        case .earnings: "/"
        case .belowZero: "/below-zero"
        case .dearest: "/tickets"
        case .wages: "/wages"
        }
    }

    /// The ways to all of them.
    var tabs: Tabs {
        Tabs("Analytics", Self.allCases.map { .init($0.heading, to: $0.target, isCurrent: $0 == self) })
    }
}
