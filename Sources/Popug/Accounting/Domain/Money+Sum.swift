import PopugEvents

extension Sequence where Element == Money {
    /// One that leaves the range of 64 bits stays at its end.
    var sum: Money {
        Money(
            cents: reduce(0) { sum, amount in
                let (next, isTooLarge) = sum.addingReportingOverflow(amount.cents)
                return isTooLarge ? (amount.cents < 0 ? .min : .max) : next
            }
        )
    }
}
