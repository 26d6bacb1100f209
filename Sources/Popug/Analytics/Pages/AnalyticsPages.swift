import Foundation
import PageKit
import PopugEvents
import Postgres
import ServiceKit

/// What the pages of analytics share.
struct AnalyticsPages: Sendable {
    let database: Database
    let reports: Reports

    /// Each page is a file of its own, and adds its routes here.
    func add(to routes: inout PageRoutes) {
        addEarnings(to: &routes)
        addBelowZero(to: &routes)
        addDearest(to: &routes)
        addWages(to: &routes)
    }

    /// A page with the ways to the others, and what its numbers lack at the moment.
    ///
    /// - Parameter days: Whose days it shows.
    func page(
        _ tab: AnalyticsTab,
        _ visit: Visit,
        _ days: BusinessDays,
        stream: LinkTarget?,
        errors: ErrorSummary? = nil,
        body: HTML
    ) async throws -> Page {
        let rebuild = try await reports.rebuild(in: database)
        var notices = [RebuildWords.notice(rebuild)]
        if let wanted = days.wantedZone {
            notices.append(
                Notice(
                    "Nothing more is counted until analytics is built anew.",
                    "It has the days of \(days.zone.pageName), and is set to those of \(wanted.pageName)."
                )
            )
        }
        return await visit.page(
            tab.heading,
            stream: stream,
            // What is counted anew is behind, and says so in its own words.
            showsLag: rebuild == nil,
            notices: notices,
            errors: errors,
            body: "\(tab.tabs)\(body)\(visit.note(onDaysOf: days.zone))"
        )
    }

    /// The filter of a page that shows a stretch of days.
    static func filter(_ label: String, _ choice: DayRangeChoice, _ visit: Visit, _ target: LinkTarget) -> FilterBar {
        let isChosen = visit.field("from") != nil || visit.field("to") != nil
        let days = choice.days
        let words = "\(days.lowerBound.text) to \(days.upperBound.text)"
        return FilterBar(
            label,
            target,
            fields: choice.fields,
            conditions: isChosen && choice.errors.html.isEmpty ? [.init(words, without: target)] : [],
            button: "Show"
        )
    }
}
