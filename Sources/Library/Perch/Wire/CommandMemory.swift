import StrictJSON

/// Where commands are written one after another, as they go to Redis.
///
/// It lives as long as an entry of it. Its owner writes the next commands into the same memory when no entry is left: memory
/// that is new for each thousand of entries costs the system more than it costs us to write them.
final class CommandMemory {
    /// What is not worth to be kept for the next commands.
    private static let mostKept = 4 << 20

    private var start: UnsafeMutableRawPointer
    private var capacity: Int
    /// How many bytes were written.
    private(set) var count = 0

    init() {
        capacity = 1 << 18
        start = .allocate(byteCount: capacity, alignment: 8)
    }

    deinit { start.deallocate() }

    /// Empties it; or, where it is still in use or has become very large, puts a new one in its place.
    static func renew(_ memory: inout CommandMemory) {
        if isKnownUniquelyReferenced(&memory), memory.capacity <= mostKept {
            memory.count = 0
        } else {
            memory = CommandMemory()
        }
    }

    /// Lends room for so many bytes; what is written stays.
    func write(atMost room: Int, _ body: (inout CommandWriter) -> Void) {
        if capacity - count < room { grow(by: room) }
        var writer = CommandWriter(place: start + count, end: start + capacity)
        body(&writer)
        count = writer.place - start
    }

    /// Lends what was written from one place to another.
    func withBytes<R>(_ range: Range<Int>, _ body: (UnsafeRawBufferPointer) throws -> R) rethrows -> R {
        precondition(range.upperBound <= count, "nothing was written there")
        return try withExtendedLifetime(self) {
            try body(UnsafeRawBufferPointer(start: start + range.lowerBound, count: range.count))
        }
    }

    private func grow(by room: Int) {
        let larger = max(capacity * 2, count + room)
        let place = UnsafeMutableRawPointer.allocate(byteCount: larger, alignment: 8)
        place.copyMemory(from: start, byteCount: count)
        start.deallocate()
        (start, capacity) = (place, larger)
    }
}

/// Writes arguments as Redis reads them: `$LENGTH`, a line's end, the bytes, a line's end. Traps where there is no room.
struct CommandWriter {
    fileprivate(set) var place: UnsafeMutableRawPointer
    fileprivate let end: UnsafeMutableRawPointer

    /// More than what is around an argument.
    static let frame = 32

    private mutating func append(_ byte: UInt8) {
        precondition(place < end, "no room for the command")
        place.storeBytes(of: byte, as: UInt8.self)
        place += 1
    }

    private mutating func append(_ bytes: UnsafeRawBufferPointer) {
        precondition(end - place >= bytes.count, "no room for the command")
        // An empty one may have no address.
        if let source = bytes.baseAddress { place.copyMemory(from: source, byteCount: bytes.count) }
        place += bytes.count
    }

    mutating func append(_ bytes: [UInt8]) {
        bytes.withUnsafeBytes { append($0) }
    }

    private mutating func append(decimal number: Int64) {
        if number < 0 { append(UInt8(ascii: "-")) }
        place += room.write(decimal: number.magnitude)
    }

    mutating func appendArgument(_ bytes: UnsafeRawBufferPointer) {
        appendLength(bytes.count)
        append(bytes)
        appendLineEnd()
    }

    mutating func appendArgument(_ id: EntryID) {
        let signs = (id.milliseconds < 0 ? 1 : 0) + (id.position < 0 ? 1 : 0)
        appendLength(id.milliseconds.magnitude.digitCount + 1 + id.position.magnitude.digitCount + signs)
        append(decimal: id.milliseconds)
        append(UInt8(ascii: "-"))
        append(decimal: id.position)
        appendLineEnd()
    }

    /// The 36 characters of a UUID's sixteen bytes, in lowercase.
    mutating func appendUUIDText(_ uuid: UnsafeRawBufferPointer) { place += room.write(uuid: uuid) }

    /// Of a time's second, from the point to the end of the argument.
    mutating func appendMilliseconds(_ rest: Int) {
        append(UInt8(ascii: "."))
        append(UInt8(ascii: "0") + UInt8(rest / 100))
        append(UInt8(ascii: "0") + UInt8(rest / 10 % 10))
        append(UInt8(ascii: "0") + UInt8(rest % 10))
        append(UInt8(ascii: "Z"))
        appendLineEnd()
    }

    private mutating func appendLength(_ count: Int) {
        append(UInt8(ascii: "$"))
        append(decimal: Int64(count))
        appendLineEnd()
    }

    private mutating func appendLineEnd() {
        append(UInt8(ascii: "\r"))
        append(UInt8(ascii: "\n"))
    }

    private var room: UnsafeMutableRawBufferPointer { UnsafeMutableRawBufferPointer(start: place, count: end - place) }
}
