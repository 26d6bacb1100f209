/// What management earned in some days, in cents.
struct EarningsSum: Sendable, Hashable {
    let commissions: Int64
    let rewards: Int64
    let earned: Int64

    init(commissions: Int64, rewards: Int64, earned: Int64) {
        (self.commissions, self.rewards, self.earned) = (commissions, rewards, earned)
    }

    init(of days: [DayEarnings]) {
        self.init(
            commissions: days.map(\.commissions).total,
            rewards: days.map(\.rewards).total,
            earned: days.map(\.earned).total
        )
    }
}

/// What was paid out in some days.
struct WagesSum: Sendable, Hashable {
    /// How many wages.
    let count: Int64
    /// Cents.
    let total: Int64

    init(count: Int64, total: Int64) { (self.count, self.total) = (count, total) }

    init(of days: [DayWages]) { self.init(count: days.map(\.count).total, total: days.map(\.total).total) }
}

extension [Int64] {
    /// Their sum; the nearest number that there is where it is too large.
    fileprivate var total: Int64 {
        reduce(0) { sum, next in
            let (total, isTooLarge) = sum.addingReportingOverflow(next)
            return isTooLarge ? (next < 0 ? .min : .max) : total
        }
    }
}
