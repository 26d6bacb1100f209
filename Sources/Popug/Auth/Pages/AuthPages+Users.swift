import Foundation
import HTTPTypes
import Hummingbird
import PageKit
import Perch
import PopugEvents
import Postgres
import ServiceKit

extension AuthPages {
    static let usersPath: LinkTarget = "/users"
    private static let usersPerPage = 50

    /// Who is here.
    func users(_ request: Request) async throws -> Response {
        guard let session = try await session(of: request) else { return Self.redirectToLogin(request.uri.string) }
        guard session.user.role == .admin else { return try await forAdmins(session) }
        let fields = try FormFields(parsing: request.uri.query ?? "")
        let search = fields["search"].map { NewUser.trimmed($0) } ?? ""
        let role = fields["role"].flatMap(Role.init(rawValue:))
        let after = fields["after"].flatMap(UUID.init(uuidString:))
        let found = try await provider.users.search(
            search,
            role: role,
            after: after,
            limit: Self.usersPerPage + 1,
            in: provider.database
        )
        func target(search: String, role: Role?, after: UUID? = nil) -> LinkTarget {
            LinkTarget(
                ["users"],
                query: [
                    ("search", search.isEmpty ? nil : search), ("role", role?.rawValue), ("after", after?.text),
                ]
            ) ?? Self.usersPath
        }
        let shown = found.prefix(Self.usersPerPage)
        let isLast = found.count <= Self.usersPerPage
        let choices = [FormField.Choice("", "any")] + Role.allCases.map { FormField.Choice($0.rawValue, $0.rawValue) }
        var conditions: [FilterBar.Condition] = []
        if !search.isEmpty {
            conditions.append(.init("Begins with: \(search)", without: target(search: "", role: role)))
        }
        if let role {
            conditions.append(.init("Role: \(role.rawValue)", without: target(search: search, role: nil)))
        }
        let filter = FilterBar(
            "People",
            Self.usersPath,
            fields: [
                FormField("search", "Name or e-mail begins with", .search, value: search),
                FormField("role", "Role", .select(choices), value: role?.rawValue ?? ""),
            ],
            conditions: conditions
        )
        let clock = Self.clock(request, provider.now())
        let table = DataTable(
            id: "users",
            caption: "People",
            isCaptionHidden: true,
            columns: [.init("Name"), .init("E-mail"), .init("Role"), .init("Since")],
            rows: shown.map { Self.row($0, clock) },
            empty: search.isEmpty && role == nil ? "Nobody yet." : "Nobody is like this."
        )
        let pager = Pager(
            newer: after == nil ? nil : target(search: search, role: role),
            older: isLast ? nil : target(search: search, role: role, after: shown.last?.userID)
        )
        let add = Paragraph("\(Link("Add somebody", to: "/users/new", isButton: true))")
        let page = Page(
            try await frame(of: session, "/users"),
            heading: "People",
            message: try await message(of: session),
            body: "\(add)\(filter)\(table)\(pager)"
        )
        return page.response()
    }

    private static func row(_ user: User, _ clock: PageClock) -> [DataTable.Cell] {
        let role: HTML =
            user.disabledAt == nil
            ? "\(Badge(user.role.rawValue))" : "\(Badge(user.role.rawValue)) \(Badge("kept out", .warning))"
        return [
            .init(.text(user.name)), .init(.text(user.email)), .init(.html(role)),
            .init(.component(TimeText(user.createdAt, clock))),
        ]
    }

    func forAdmins(_ session: SSOSession) async throws -> Response {
        Page(
            try await frame(of: session, "/users"),
            heading: "For admins only",
            body: Paragraph("Admins see who is here, and add people. You are \(session.user.role).").html
        ).response(.forbidden)
    }
}
