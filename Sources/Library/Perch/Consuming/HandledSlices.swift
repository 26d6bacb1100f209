import PerchProtocol

/// What a round's handlers have come to.
package struct HandledSlices {
    package internal(set) var tally = RoundTally()
    /// The last position that was passed, by partition.
    private(set) var reached: [Partition: Position] = [:]
    /// The stop signal was raised: there may be more, and none of it was begun.
    package var isCutShort = false

    package init() {}

    package mutating func note(_ slice: DeliveredSlice, endedAt position: Position?) {
        guard let last = slice.last else { return }
        reached[last.partition] = position ?? last.entryID.position
    }
}
