import Perch
import Postgres

/// A quarter of an hour of a partition, which commissions and rewards are summed in: see `accounting.earnings`.
struct EarningsSlot: Hashable, Comparable {
    /// When it begins: milliseconds since 1970.
    let start: Int64
    let partition: Int

    static let length: Int64 = 900_000

    init(_ delivery: Delivery) {
        let time = delivery.time.milliseconds
        let past = time % Self.length
        start = time - (past < 0 ? past + Self.length : past)
        partition = delivery.partition.number.rawValue
    }

    static func < (left: Self, right: Self) -> Bool {
        (left.start, left.partition) < (right.start, right.partition)
    }

    /// Adds what a batch has booked. Its slots are of partitions that only this worker has.
    static func save(_ postings: [Posting], in tx: borrowing Transaction) throws {
        var sums: [EarningsSlot: (commissions: Int64, rewards: Int64)] = [:]
        for posting in postings {
            var sum = sums[EarningsSlot(posting.cause), default: (0, 0)]
            let (new, overflow): (Int64, Bool)
            switch posting.kind {
            case .commission:
                (new, overflow) = sum.commissions.addingReportingOverflow(posting.amount)
                sum.commissions = new
            case .reward:
                (new, overflow) = sum.rewards.addingReportingOverflow(posting.amount)
                sum.rewards = new
            case .wage: continue
            }
            guard !overflow else { throw DeliveryError(posting.cause, BalanceOverflow(user: posting.user)) }
            sums[EarningsSlot(posting.cause)] = sum
        }
        let slots = sums.sorted { $0.key < $1.key }
        try tx.execute(
            """
            INSERT INTO accounting.earnings AS e (slot, partition, commissions, rewards)
            SELECT * FROM unnest(
                \(slots.map { Timestamp(milliseconds: $0.key.start) }), \(slots.map { Int32($0.key.partition) }),
                \(slots.map(\.value.commissions)), \(slots.map(\.value.rewards))
            )
            ON CONFLICT (slot, partition) DO UPDATE
            SET commissions = e.commissions + excluded.commissions, rewards = e.rewards + excluded.rewards
            """
        )
    }
}
