public import FoundationEssentials
import StrictJSON

/// Takes the members of an event's data while the event is being written, lent to `Event.write(to:)`.
///
/// They stand in the order in which they come. What is written is what `Encodable` would write: UUIDs in lowercase, an optional
/// that is nil left out. A field that comes twice is an error, for readers understand such JSON differently. An error stands:
/// who catches one has the event refused with it all the same, for a field is half written.
public struct EventFieldWriter: ~Copyable {
    /// `capacity` bytes of which `count` are written. Raw, for a byte that is appended to an array costs as much as ten here;
    /// all writing is behind `reserve`, which makes the room. It is used again for the next event.
    private var start: UnsafeMutableRawPointer
    private var capacity: Int
    private var count = 0
    /// What has been written: for fields that come twice, and for the check against the contract.
    private(set) var marks: [FieldMark] = []
    /// A bit for each name, by its length and its first byte.
    private var seen: UInt64 = 0
    /// The first error of a field.
    private var failure: (any Error)?
    /// Whether the event has no way of its own to write its fields.
    private(set) var isLeftToEncodable = false

    init() {
        capacity = 512
        start = .allocate(byteCount: capacity, alignment: 8)
    }

    deinit { start.deallocate() }

    // MARK: Without Encodable

    /// Writes a field.
    /// - Throws: `EncodingError` where the field has been written before.
    public mutating func write(_ name: StaticString, _ value: Int) throws(EncodingError) {
        try begin(name)
        let place = count
        reserve(21)
        if value < 0 { put(UInt8(ascii: "-")) }
        count += room.write(decimal: UInt64(value.magnitude))
        marks.append(FieldMark(name, .integer, from: place, to: count, integer: value))
    }

    /// Writes a field.
    /// - Throws: `EncodingError` for U+0000, which Postgres cannot keep, and where the field has been written before.
    public mutating func write(_ name: StaticString, _ value: String) throws(EncodingError) {
        try begin(name)
        let place = count
        var value = value
        let kind = value.withUTF8 { putString(UnsafeRawBufferPointer($0)) }
        guard let kind else { throw failed(EncodingError.holdsNUL(value, [JSONCodingKey("\(name)")])) }
        marks.append(FieldMark(name, kind, from: place, to: count))
    }

    /// Writes a field.
    /// - Throws: `EncodingError` where the field has been written before.
    public mutating func write(_ name: StaticString, _ value: UUID) throws(EncodingError) {
        try begin(name)
        let place = count
        reserve(38)
        put(UInt8(ascii: "\""))
        count += withUnsafeBytes(of: value.uuid) { room.write(uuid: $0) }
        put(UInt8(ascii: "\""))
        marks.append(FieldMark(name, .uuid, from: place, to: count))
    }

    /// Writes a field.
    /// - Throws: `EncodingError` where the field has been written before.
    public mutating func write(_ name: StaticString, _ value: Bool) throws(EncodingError) {
        try begin(name)
        let place = count
        put(value ? "true" : "false")
        marks.append(FieldMark(name, .boolean, from: place, to: count))
    }

    /// Writes a field if there is a value.
    public mutating func write(_ name: StaticString, _ value: Int?) throws(EncodingError) {
        if let value { try write(name, value) }
    }

    /// Writes a field if there is a value.
    public mutating func write(_ name: StaticString, _ value: String?) throws(EncodingError) {
        if let value { try write(name, value) }
    }

    /// Writes a field if there is a value.
    public mutating func write(_ name: StaticString, _ value: UUID?) throws(EncodingError) {
        if let value { try write(name, value) }
    }

    /// Writes a field if there is a value.
    public mutating func write(_ name: StaticString, _ value: Bool?) throws(EncodingError) {
        if let value { try write(name, value) }
    }

    // MARK: By Encodable

    /// Writes a field of any other kind, as its `Encodable` writes it. Not for optionals, which are `Encodable` too.
    @_disfavoredOverload
    public mutating func write<T: Encodable>(_ name: StaticString, _ value: T) throws { try encode(name, value) }

    /// Writes a field of any other kind, as its `Encodable` writes it, if there is a value.
    public mutating func write<T: Encodable>(_ name: StaticString, _ value: T?) throws {
        if let value { try encode(name, value) }
    }

    private mutating func encode(_ name: StaticString, _ value: some Encodable) throws {
        var json: [UInt8] = []
        do {
            try JSONEncoding(leavesNullsOut: true).append(value, to: &json)
        } catch EncodingError.invalidValue(let value, let context) {
            let here = EncodingError.Context(
                codingPath: [JSONCodingKey("\(name)")] + context.codingPath,
                debugDescription: context.debugDescription
            )
            throw failed(EncodingError.invalidValue(value, here))
        } catch {
            throw failed(error)
        }
        // An optional of an optional that is nil within.
        if json.isEmpty { return }
        try begin(name)
        let place = count
        json.withUnsafeBytes { put($0) }
        marks.append(FieldMark(name, .other, from: place, to: count))
    }

    /// The event is to be written as its `Encodable` does.
    mutating func leaveToEncodable() { isLeftToEncodable = true }

    // MARK: For the encoder

    /// Begins with the next event.
    mutating func begin() {
        count = 0
        seen = 0
        marks.removeAll(keepingCapacity: true)
        failure = nil
        isLeftToEncodable = false
    }

    /// Ends the object and lends it.
    /// - Throws: the first error of a field, if nobody let it through.
    mutating func finish(_ body: (UnsafeRawBufferPointer) -> Void) throws {
        if let failure { throw failure }
        reserve(2)
        if count == 0 { put(UInt8(ascii: "{")) }
        put(UInt8(ascii: "}"))
        body(UnsafeRawBufferPointer(start: start, count: count))
    }

    // MARK: Bytes

    /// Writes what comes before a value.
    private mutating func begin(_ name: StaticString) throws(EncodingError) {
        reserve(1)
        put(count == 0 ? UInt8(ascii: "{") : UInt8(ascii: ","))
        let isNew = name.withUTF8Buffer { text in
            let bit: UInt64 = 1 << UInt64((text.count &+ Int(text.first ?? 0)) % 64)
            defer { seen |= bit }
            return seen & bit == 0 || !marks.contains { $0.name.hasBytes(of: text) }
        }
        guard isNew else {
            let context = EncodingError.Context(
                codingPath: [JSONCodingKey("\(name)")],
                debugDescription: "the field is written for the second time"
            )
            throw failed(EncodingError.invalidValue("\(name)", context))
        }
        guard name.withUTF8Buffer({ putString(UnsafeRawBufferPointer($0)) }) != nil else {
            throw failed(EncodingError.holdsNUL("\(name)", []))
        }
        reserve(1)
        put(UInt8(ascii: ":"))
    }

    /// Keeps the first error.
    private mutating func failed<Failure: Error>(_ error: Failure) -> Failure {
        failure = failure ?? error
        return error
    }

    /// How it stands there; nil: it holds U+0000.
    private mutating func putString(_ text: UnsafeRawBufferPointer) -> FieldMark.Kind? {
        guard text.isPlainJSON else {
            var escaped: [UInt8] = []
            guard escaped.appendJSON(String(decoding: text, as: UTF8.self)) else { return nil }
            escaped.withUnsafeBytes { put($0) }
            return .other
        }
        reserve(text.count + 2)
        put(UInt8(ascii: "\""))
        if let bytes = text.baseAddress { (start + count).copyMemory(from: bytes, byteCount: text.count) }
        count += text.count
        put(UInt8(ascii: "\""))
        return .plainString
    }

    private mutating func put(_ word: StaticString) { word.withUTF8Buffer { put(UnsafeRawBufferPointer($0)) } }

    private mutating func put(_ bytes: UnsafeRawBufferPointer) {
        reserve(bytes.count)
        if let source = bytes.baseAddress { (start + count).copyMemory(from: source, byteCount: bytes.count) }
        count += bytes.count
    }

    /// Into room that has been reserved.
    @inline(__always)
    private mutating func put(_ byte: UInt8) {
        assert(count < capacity)
        (start + count).storeBytes(of: byte, as: UInt8.self)
        count &+= 1
    }

    /// What has been written of it.
    func bytes(of mark: FieldMark) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(start: start + mark.start, count: mark.end - mark.start)
    }

    /// How many bytes the event has.
    var byteCount: Int { count }

    private var room: UnsafeMutableRawBufferPointer {
        UnsafeMutableRawBufferPointer(start: start + count, count: capacity - count)
    }

    /// Room for so many bytes more.
    @inline(__always)
    private mutating func reserve(_ more: Int) {
        if capacity - count < more { grow(by: more) }
    }

    private mutating func grow(by more: Int) {
        let larger = max(capacity * 2, count + more)
        let place = UnsafeMutableRawPointer.allocate(byteCount: larger, alignment: 8)
        place.copyMemory(from: start, byteCount: count)
        start.deallocate()
        (start, capacity) = (place, larger)
    }
}

extension StaticString {
    fileprivate func hasBytes(of text: UnsafeBufferPointer<UInt8>) -> Bool {
        withUTF8Buffer { UnsafeRawBufferPointer($0).hasBytes(of: UnsafeRawBufferPointer(text)) }
    }
}
