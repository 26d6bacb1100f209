/// The place of an entry in its partition: 1, 2, 3 … with no gap. 0 is before the first.
public typealias Position = Int64

/// The id of a stream entry, `MILLISECONDS-POSITION`: it tells the time, its place, and that nothing is missing before it.
///
/// Ordered as Redis orders them: by milliseconds, then by position. Both only grow within a partition.
public struct EntryID: Hashable, Comparable, Sendable, CustomStringConvertible {
    /// Milliseconds since 1970 when the position was given.
    public let milliseconds: Int64
    /// Which entry of the partition it is, from 1; in ids that others gave it can be anything, also 0.
    public let position: Position

    /// Both are taken as they are, unchecked.
    public init(milliseconds: Int64, position: Position) {
        self.milliseconds = milliseconds
        self.position = position
    }

    /// `0-0`, before every entry: the checkpoint of a group that has read nothing, the last id of an empty stream.
    public static let zero = EntryID(milliseconds: 0, position: 0)

    /// `1700000000000-42`, as Redis writes and reads it.
    public var description: String { "\(milliseconds)-\(position)" }

    /// The order of Redis: the position decides only within one millisecond.
    public static func < (left: Self, right: Self) -> Bool {
        (left.milliseconds, left.position) < (right.milliseconds, right.position)
    }

    /// Parses `MILLISECONDS-POSITION`; nil for anything else, also for a number above 2⁶³−1, which we never give.
    public init?(_ text: some StringProtocol) {
        let parts = text.split(separator: "-", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2,
            let milliseconds = Self.number(parts[0]),
            let position = Self.number(parts[1])
        else { return nil }
        self.init(milliseconds: milliseconds, position: position)
    }

    private static func number(_ text: some StringProtocol) -> Int64? {
        guard !text.isEmpty, text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
        return Int64(text)
    }
}

extension EntryID {
    /// How far an entry's milliseconds may lie ahead of Postgres' clock, and still be taken at once.
    ///
    /// Whoever may XADD can forge an entry that continues the log, with any time. The relay does not adopt one that lies too far
    /// ahead: ids never go back, so it would be the time of all that follow. What it takes out no worker may have handled, so a
    /// worker takes less than the relay: the minute between them covers what the servers' clocks differ, and how long the relay
    /// takes from its look to the end of its rebuild. What lies between is adopted, and handled within that minute.
    package enum Ahead {
        /// Milliseconds; a worker takes at once what lies less far ahead.
        package static let worker: Int64 = 240_000
        /// Milliseconds; the relay adopts what lies less far ahead.
        package static let relay: Int64 = 300_000
    }

    /// Whether its milliseconds lie further ahead of this clock than the tolerance. What is no later than the entry before it
    /// never does: that one was taken, be it that the clock was ahead for a while.
    package func isAhead(of clock: Int64, by tolerance: Int64, after previous: EntryID) -> Bool {
        milliseconds > previous.milliseconds && milliseconds - tolerance > clock
    }
}
