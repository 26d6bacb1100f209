/// After a takeover from an owner that died: what it was at may have ended its process, and may end ours.
///
/// What is tried is counted in Postgres, in a transaction of its own, before a handler runs. At first whole rounds are: most
/// owners die of something else, and then this costs a statement a round. A round that was counted and did not pass is the
/// evidence against its events: those are tried one by one, each attempt counted, one such event at a time in a process, and
/// other partitions go on between them. It ends after as many events as a batch can have, or where nothing more is there.
struct Caution: Hashable, Sendable {
    enum Pace: Hashable, Sendable {
        case rounds
        case events
    }

    var pace: Pace
    /// How many events are still to be tried at this pace.
    var left: Int
    /// What this process has counted already. It lives: trying that again is no further attempt.
    var counted: ClosedRange<Position>?
    /// How often that was attempted.
    var attempts = 0

    func hasCounted(_ positions: ClosedRange<Position>) -> Bool {
        guard let counted else { return false }
        return counted.contains(positions.lowerBound) && counted.contains(positions.upperBound)
    }
}

/// A partition that was taken from an owner that had not given it back.
package struct Takeover: Hashable, Sendable {
    package let partition: Partition
    /// The last position of what was counted and has not passed; nil: the owner died, and at what is not known.
    package let attempted: Position?
    /// The owner was this very worker, which has lost its connection.
    package let isOwn: Bool

    package init(partition: Partition, attempted: Position?, isOwn: Bool = false) {
        self.partition = partition
        self.attempted = attempted
        self.isOwn = isOwn
    }
}

/// What is counted before it is tried: what follows a partition's checkpoint, up to a position.
package struct Attempt: Hashable, Sendable {
    package let holding: Holding
    package let last: Position

    package init(_ holding: Holding, through last: Position) {
        self.holding = holding
        self.last = last
    }

    package var first: Position { holding.checkpoint.position + 1 }
}
