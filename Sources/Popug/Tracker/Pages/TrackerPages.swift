import PageKit
import PopugEvents
import Postgres
import ServiceKit

/// What the pages of tracker share.
struct TrackerPages: Sendable {
    let tickets: Tickets
    let database: Database

    /// Each page is a file of its own, and adds its routes here.
    func add(to routes: inout PageRoutes) {
        routes.detour("/") { visit in visit.viewer.user.role == .employee ? "/tickets/mine" : "/tickets" }
    }
}

extension TrackerPages: LiveSource {
    func values(of keys: Set<LiveKey>) async throws -> [LiveKey: String] { [:] }
}
