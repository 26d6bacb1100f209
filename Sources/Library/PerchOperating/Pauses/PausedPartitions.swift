import Perch

/// The partitions of a group, and which of them are paused.
public struct PausedPartitions: Sendable, Hashable {
    /// Since when each is paused, in microseconds since 1970; nil: it is not.
    private let pauses: [Entry]

    private struct Entry: Sendable, Hashable {
        let partition: Partition
        let pausedAt: Int64?
    }

    init(_ pauses: [(Partition, Int64?)]) {
        self.pauses = pauses.map { Entry(partition: $0, pausedAt: $1) }.sorted { $0.partition < $1.partition }
    }

    /// How many there are.
    public var all: Int { pauses.count }

    /// How many of them are paused.
    public var paused: Int { pauses.count { $0.pausedAt != nil } }

    /// The same for the same partitions, of which the same are paused by the same pauses. Of fixed length, and the same in each process:
    /// for forms that confirm what was seen.
    public var mark: String {
        // FNV-1a: nobody gains by two states that look alike.
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for entry in pauses {
            for byte in "\(entry.partition) \(entry.pausedAt ?? -1)\n".utf8 {
                hash = (hash ^ UInt64(truncatingIfNeeded: byte)) &* 0x100_0000_01b3
            }
        }
        return "\(pauses.count)-\(paused)-\(String(hash, radix: 16))"
    }
}
