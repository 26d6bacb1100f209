import Foundation
package import PageKit
package import PopugEvents

/// Where browsers reach the programs of popug, so that their pages lead to one another. Each page has the same bar.
package struct PopugPlaces: Sendable {
    /// A program with pages.
    package enum Program: String, Sendable, CaseIterable {
        case auth, tracker, accounting, analytics, console
    }

    /// A way of the bar.
    private struct Way {
        let words: String
        let program: Program
        let path: String
        let roles: Set<Role>
        /// What lies below it in its program, beside its own path.
        let prefixes: [String]
    }

    private static let ways: [Way] = [
        Way(
            words: "Tickets",
            program: .tracker,
            path: "/tickets/mine",
            roles: Access.everyRole,
            prefixes: ["/tickets", "/reassign"]
        ),
        Way(words: "Account", program: .accounting, path: "/account", roles: [.employee], prefixes: ["/account"]),
        Way(
            words: "Accounts",
            program: .accounting,
            path: "/accounts",
            roles: [.accountant, .admin],
            prefixes: ["/accounts"]
        ),
        Way(
            words: "Management",
            program: .accounting,
            path: "/management",
            roles: [.accountant, .admin],
            prefixes: ["/management", "/days"]
        ),
        Way(words: "Analytics", program: .analytics, path: "/", roles: [.admin], prefixes: ["/"]),
        Way(words: "People", program: .auth, path: "/users", roles: [.admin], prefixes: ["/users"]),
        Way(words: "Console", program: .console, path: "/", roles: [.admin], prefixes: ["/"]),
    ]

    private let addresses: [Program: String]

    /// - Parameter addresses: `http://127.0.0.1:8082`; programs without one have no pages that are led to.
    package init(_ addresses: [Program: String]) {
        self.addresses = addresses.mapValues { $0.hasSuffix("/") ? String($0.dropLast()) : $0 }
    }

    /// A page of a program, as a link that works from everywhere; nil where the program has no pages.
    package func target(_ program: Program, _ path: LinkTarget) -> LinkTarget? {
        addresses[program].flatMap { LinkTarget(url: $0 + path.description) }
    }

    /// The ways that somebody of this role has.
    ///
    /// - Parameters:
    ///   - program: Whose page it is.
    ///   - path: Of the page.
    package func items(for role: Role, at program: Program, _ path: String) -> [PageFrame.Item] {
        Self.ways.filter { $0.roles.contains(role) }.compactMap { way in
            guard let target = addresses[way.program].flatMap({ LinkTarget(url: $0 + way.path) }) else { return nil }
            let isCurrent =
                way.program == program && way.prefixes.contains { Self.lies(path, below: $0) }
            return PageFrame.Item(way.words, to: target, isCurrent: isCurrent)
        }
    }

    private static func lies(_ path: String, below prefix: String) -> Bool {
        prefix == "/" || path == prefix || path.hasPrefix(prefix + "/")
    }
}
