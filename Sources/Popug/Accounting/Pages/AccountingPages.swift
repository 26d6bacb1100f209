import Foundation
import PageKit
import PopugEvents
import Postgres
import ServiceKit

/// What the pages of accounting share.
struct AccountingPages: Sendable {
    let database: Database
    let timeZone: TimeZone

    /// Each page is a file of its own, and adds its routes here.
    func add(to routes: inout PageRoutes) {
        routes.detour("/") { visit in
            switch visit.viewer.user.role {
            case .accountant, .admin: "/management"
            case .employee, .manager: "/account"
            }
        }
    }
}

extension AccountingPages: LiveSource {
    func values(of keys: Set<LiveKey>) async throws -> [LiveKey: String] { [:] }
}
