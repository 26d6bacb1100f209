public import FoundationEssentials
import Postgres
import Synchronization

extension UUID {
    /// A UUID of version 7 (RFC 9562): 48 bits of milliseconds, then a counter, then random bits.
    ///
    /// Ids made by one process only grow, also within a millisecond and when the clock goes back. Safe from any thread.
    public static func v7() -> UUID {
        let (milliseconds, counter) = V7Clock.next()
        var generator = SystemRandomNumberGenerator()
        let random = generator.next()
        func byte(_ value: UInt64, _ shift: UInt64) -> UInt8 { UInt8(truncatingIfNeeded: value >> shift) }
        let time = UInt64(milliseconds)
        return UUID(
            uuid: (
                byte(time, 40), byte(time, 32), byte(time, 24), byte(time, 16), byte(time, 8), byte(time, 0),
                0x70 | (byte(UInt64(counter), 8) & 0x0F), byte(UInt64(counter), 0),
                0x80 | (byte(random, 56) & 0x3F), byte(random, 48), byte(random, 40), byte(random, 32),
                byte(random, 24), byte(random, 16), byte(random, 8), byte(random, 0)
            )
        )
    }

    /// The 36 characters in lowercase, as events and tables show ids.
    public var text: String {
        // Foundation's goes through printf.
        withUnsafeBytes(of: uuid) { bytes in
            String(unsafeUninitializedCapacity: 36) { text in
                var place = 0
                func write(_ byte: UInt8) {
                    text.initializeElement(at: place, to: byte)
                    place += 1
                }
                func digit(_ value: UInt8) -> UInt8 { value < 10 ? 0x30 + value : 0x57 + value }
                for (index, byte) in bytes.enumerated() {
                    if index == 4 || index == 6 || index == 8 || index == 10 { write(UInt8(ascii: "-")) }
                    write(digit(byte >> 4))
                    write(digit(byte & 15))
                }
                return place
            }
        }
    }
}

/// Milliseconds and a 12-bit counter within them. The counter starts at random in its lower half and, once used up,
/// borrows the next millisecond.
private enum V7Clock {
    private static let state = Mutex<(milliseconds: Int64, counter: UInt16)>((0, 0))

    static func next() -> (milliseconds: Int64, counter: UInt16) {
        let now = Timestamp.now.milliseconds
        return state.withLock { state in
            if now > state.milliseconds {
                state = (now, UInt16.random(in: 0..<0x800))
            } else if state.counter < 0xFFF {
                state.counter += 1
            } else {
                state = (state.milliseconds + 1, UInt16.random(in: 0..<0x800))
            }
            return (state.milliseconds, state.counter)
        }
    }
}
