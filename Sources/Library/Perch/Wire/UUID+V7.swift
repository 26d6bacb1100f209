public import FoundationEssentials
import Postgres
import StrictJSON
import Synchronization

#if canImport(Darwin)
    import Darwin
#elseif canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

extension UUID {
    /// A UUID of version 7 (RFC 9562): 48 bits of milliseconds, then a counter, then random bits.
    ///
    /// Ids made by one process only grow, also within a millisecond and when the clock goes back. Safe from any thread.
    public static func v7() -> UUID {
        let (milliseconds, counter, random) = V7Clock.next()
        func byte(_ value: UInt64, _ shift: UInt64) -> UInt8 { UInt8(truncatingIfNeeded: value >> shift) }
        let time = UInt64(clamping: milliseconds)
        return UUID(
            uuid: (
                byte(time, 40), byte(time, 32), byte(time, 24), byte(time, 16), byte(time, 8), byte(time, 0),
                0x70 | (byte(UInt64(clamping: counter), 8) & 0x0F), byte(UInt64(clamping: counter), 0),
                0x80 | (byte(random, 56) & 0x3F), byte(random, 48), byte(random, 40), byte(random, 32),
                byte(random, 24), byte(random, 16), byte(random, 8), byte(random, 0)
            )
        )
    }

    /// The 36 characters in lowercase, as events and tables show ids.
    public var text: String { lowercaseText }
}

/// Milliseconds and a 12-bit counter within them, and random bits. The counter starts at random in its lower half and, once
/// used up, borrows the next millisecond.
private struct V7Clock {
    private static let shared = Mutex(V7Clock())

    private var milliseconds: Int64 = 0
    private var counter: UInt16 = 0
    private var entropy = Entropy()

    static func next() -> (milliseconds: Int64, counter: UInt16, random: UInt64) {
        let now = Timestamp.now.milliseconds
        return shared.withLock { $0.next(now) }
    }

    private mutating func next(_ now: Int64) -> (milliseconds: Int64, counter: UInt16, random: UInt64) {
        if now > milliseconds {
            milliseconds = now
            counter = firstCounter()
        } else if counter < 0xFFF {
            counter += 1
        } else {
            milliseconds += 1
            counter = firstCounter()
        }
        return (milliseconds, counter, entropy.next())
    }

    private mutating func firstCounter() -> UInt16 { UInt16(truncatingIfNeeded: entropy.next()) & 0x7FF }
}

/// The system's secure random bits, as many as it gives at once: a call of the system for each id cost as much as all else
/// of an id.
private struct Entropy {
    private var words: [UInt64] = []

    mutating func next() -> UInt64 {
        if let word = words.popLast() { return word }
        words = Array(repeating: 0, count: 32)
        let code = words.withUnsafeMutableBytes { getentropy($0.baseAddress, $0.count) }
        guard code == 0 else { fatalError("the system gives no random bits: error \(errno)") }
        return words.removeLast()
    }
}
