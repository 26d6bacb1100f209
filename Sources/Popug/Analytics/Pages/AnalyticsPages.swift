import Foundation
import PageKit
import PopugEvents
import Postgres
import ServiceKit

/// What the pages of analytics share.
struct AnalyticsPages: Sendable {
    let database: Database
    let timeZone: TimeZone

    /// Each page is a file of its own, and adds its routes here.
    func add(to routes: inout PageRoutes) {
        routes.page("/", for: .roles(.admin)) { visit in visit.page("Analytics", body: .empty) }
    }
}

extension AnalyticsPages: LiveSource {
    func values(of keys: Set<LiveKey>) async throws -> [LiveKey: String] { [:] }
}
