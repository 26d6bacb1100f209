import Foundation
import PageKit
import PopugEvents
import Postgres
import ServiceKit

extension AnalyticsPages: LiveSource {
    func values(of keys: Set<LiveKey>) async throws -> [LiveKey: String] {
        let keys = Set<AnalyticsKey>(keys.compactMap { AnalyticsKey($0) })
        var values: [AnalyticsKey: String] = [:]
        for part in [
            try await earnings(keys), try await wages(keys), try await people(keys), try await dearest(keys),
        ] {
            values.merge(part) { first, _ in first }
        }
        if keys.contains(.rebuild) { values[.rebuild] = RebuildWords.text(try await reports.rebuild(in: database)) }
        return Dictionary(values.map { ($0.live, $1) }) { first, _ in first }
    }

    private func earnings(_ keys: Set<AnalyticsKey>) async throws -> [AnalyticsKey: String] {
        var asked: [AnalyticsKey: ClosedRange<CalendarDate>] = [:]
        for case .earnings(let part, let days) in keys { asked[.earnings(part, days)] = days }
        let sums = try await reports.earnings(of: Set(asked.values), in: database)
        var values: [AnalyticsKey: String] = [:]
        for case .earnings(let part, let days) in keys {
            values[.earnings(part, days)] = sums[days].map { Money(cents: $0[part]).pageText }
        }
        return values
    }

    private func wages(_ keys: Set<AnalyticsKey>) async throws -> [AnalyticsKey: String] {
        let stretches = keys.compactMap { key -> ClosedRange<CalendarDate>? in
            switch key {
            case .paid(let days), .wages(let days): days
            default: nil
            }
        }
        let sums = try await reports.wages(of: Set(stretches), in: database)
        var values: [AnalyticsKey: String] = [:]
        for (days, sum) in sums {
            values[.paid(days)] = WagesPage.text(paid: sum.count, in: days)
            values[.wages(days)] = Money(cents: sum.total).pageText
        }
        return values.filter { keys.contains($0.key) }
    }

    private func people(_ keys: Set<AnalyticsKey>) async throws -> [AnalyticsKey: String] {
        var users: [UUID] = []
        for case .balance(let user) in keys { users.append(user) }
        var values: [AnalyticsKey: String] = [:]
        for (user, balance) in try await reports.balances(of: users, in: database) {
            values[.balance(user)] = Money(cents: balance).pageText
        }
        if keys.contains(.belowZero) {
            values[.belowZero] = NumberText.count(try await reports.employeesBelowZero(in: database))
        }
        return values
    }

    private func dearest(_ keys: Set<AnalyticsKey>) async throws -> [AnalyticsKey: String] {
        var periods: Set<Period> = []
        for case .dearest(let period, _) in keys { periods.insert(period) }
        guard !periods.isEmpty else { return [:] }
        let today = try await reports.today(in: database)
        var values: [AnalyticsKey: String] = [:]
        for period in periods {
            let now = try await reports.mostExpensiveTicket(of: period, around: today, in: database)?.ticketID
            for case .dearest(period, let shown) in keys {
                values[.dearest(period, shown: shown)] = DearestPage.news(shown: shown, now: now)
            }
        }
        return values
    }
}

extension EarningsSum {
    subscript(_ part: AnalyticsKey.Part) -> Int64 {
        switch part {
        case .commissions: commissions
        case .rewards: rewards
        case .earned: earned
        }
    }
}
