/// Reads a JSON text in one pass into a flat list of nodes, strictly: what it accepts means the same to every reader.
///
/// RFC 8259 leaves open what readers do with duplicate keys, lone surrogates, huge numbers, a byte order mark or bad
/// UTF-8, and Foundation, Postgres and the readers of other languages do differ. All of these are refused here, and so
/// is `\u0000`, which Postgres cannot keep.
package struct JSONReader: ~Copyable {
    /// Arrays and objects may be nested this deep.
    static let depthLimit = 32

    /// The text: `limit` bytes, of which only those before the limit are looked at.
    private var bytes: UnsafeRawPointer
    private(set) var limit = 0
    /// Never beyond the limit, which is at most 2 GiB.
    var position = 0
    /// The nodes, in memory of its own: one is appended without a look at who else has them. Used again for the next text.
    private var room: UnsafeMutablePointer<JSONNode>
    private var capacity = 64
    private var count = 0

    package init() {
        room = .allocate(capacity: capacity)
        bytes = UnsafeRawPointer(room)
    }

    deinit { room.deallocate() }

    /// The text read last.
    package var text: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: bytes, count: limit) }

    /// Whether the text read last is an object.
    package var isObject: Bool { count > 0 && room[0].kind == .object }

    /// How many nodes the text read last has.
    package var nodeCount: Int { count }

    /// Lends the nodes of the text read last.
    package borrowing func withNodes<R>(_ body: (UnsafeBufferPointer<JSONNode>) throws -> R) rethrows -> R {
        try body(UnsafeBufferPointer(start: room, count: count))
    }

    /// Copies them to where there is room for all.
    package borrowing func copyNodes(to place: UnsafeMutablePointer<JSONNode>) {
        place.initialize(from: room, count: count)
    }

    /// Reads a whole text. It must stay where it is for as long as its nodes are used.
    package mutating func read(_ text: UnsafeRawBufferPointer) throws(JSONError) {
        guard text.count <= Int(Int32.max) else { throw JSONError(offset: 0, message: "longer than 2 GiB") }
        bytes = text.baseAddress ?? UnsafeRawPointer(room)
        limit = text.count
        position = 0
        count = 0
        try readValue(depth: 0)
        skipSpace()
        guard position == limit else { throw expected("the end of the text") }
    }

    // MARK: Values

    private mutating func readValue(depth: Int) throws(JSONError) {
        skipSpace()
        switch current {
        case UInt8(ascii: "{"): try readObject(depth: depth + 1)
        case UInt8(ascii: "["): try readArray(depth: depth + 1)
        case UInt8(ascii: "\""): try readString(as: .string)
        case UInt8(ascii: "t"): try readWord("true", as: .true)
        case UInt8(ascii: "f"): try readWord("false", as: .false)
        case UInt8(ascii: "n"): try readWord("null", as: .null)
        case UInt8(ascii: "-"): try readNumber()
        case let byte? where isDigit(byte): try readNumber()
        default: throw expected("a value")
        }
    }

    private mutating func readObject(depth: Int) throws(JSONError) {
        let node = try open(.object, depth: depth)
        if take(UInt8(ascii: "}")) { return close(node) }
        repeat {
            skipSpace()
            guard current == UInt8(ascii: "\"") else { throw expected("a key in quotes") }
            try readString(as: .key)
            guard take(UInt8(ascii: ":")) else { throw expected("a colon") }
            try readValue(depth: depth)
        } while take(UInt8(ascii: ","))
        guard take(UInt8(ascii: "}")) else { throw expected("a comma or the object's end") }
        close(node)
        try refuseDuplicateKeys(of: node)
    }

    private mutating func readArray(depth: Int) throws(JSONError) {
        let node = try open(.array, depth: depth)
        if take(UInt8(ascii: "]")) { return close(node) }
        repeat { try readValue(depth: depth) } while take(UInt8(ascii: ","))
        guard take(UInt8(ascii: "]")) else { throw expected("a comma or the array's end") }
        close(node)
    }

    private mutating func open(_ kind: JSONNode.Kind, depth: Int) throws(JSONError) -> Int {
        guard depth <= Self.depthLimit else {
            throw JSONError(offset: position, message: "nested deeper than \(Self.depthLimit)")
        }
        let node = count
        append(kind, from: position, to: position)
        position &+= 1
        return node
    }

    private mutating func close(_ node: Int) {
        room[node].end = Int32(position)
        room[node].next = Int32(count)
    }

    private mutating func readWord(_ word: StaticString, as kind: JSONNode.Kind) throws(JSONError) {
        let length = word.utf8CodeUnitCount
        let bytes = UnsafeRawBufferPointer(start: word.utf8Start, count: length)
        guard limit - position >= length, text[position..<position + length].elementsEqual(bytes) else {
            throw expected("a value")
        }
        append(kind, from: position, to: position + length)
        position += length
    }

    // MARK: Numbers

    private mutating func readNumber() throws(JSONError) {
        let start = position
        var kind = JSONNode.Kind.integer
        if current == UInt8(ascii: "-") { position += 1 }
        if current == UInt8(ascii: "0") {
            position += 1
            if let current, isDigit(current) { throw JSONError(offset: position, message: "a number begins with 0") }
        } else {
            try readDigits()
        }
        if current == UInt8(ascii: ".") {
            kind = .decimal
            position += 1
            try readDigits()
        }
        if current == UInt8(ascii: "e") || current == UInt8(ascii: "E") {
            kind = .decimal
            position += 1
            if current == UInt8(ascii: "+") || current == UInt8(ascii: "-") { position += 1 }
            try readDigits()
        }
        // Readers disagree on what does not fit a double, and Postgres writes 1e131000 out: 30 bytes become 131,000.
        if kind == .decimal || position - start > 300 {
            let lexeme = String(decoding: text[start..<position], as: UTF8.self)
            guard let number = Double(lexeme), number.isFinite, !number.isZero || isZero(lexeme) else {
                throw JSONError(offset: start, message: "a number beyond what a 64-bit floating point number holds")
            }
        }
        append(kind, from: start, to: position)
    }

    private mutating func readDigits() throws(JSONError) {
        guard position < limit, isDigit(byte(at: position)) else { throw expected("a digit") }
        var place = position &+ 1
        while place < limit, isDigit(byte(at: place)) { place &+= 1 }
        position = place
    }

    private func isZero(_ lexeme: String) -> Bool {
        lexeme.utf8.prefix { $0 | 0x20 != UInt8(ascii: "e") }.allSatisfy { !isDigit($0) || $0 == UInt8(ascii: "0") }
    }

    // MARK: Bytes

    /// The byte at the position; nil at the end.
    var current: UInt8? { position < limit ? byte(at: position) : nil }

    /// The byte at a place before the limit.
    @inline(__always)
    func byte(at place: Int) -> UInt8 {
        assert(place < limit)
        return bytes.load(fromByteOffset: place, as: UInt8.self)
    }

    /// The eight bytes from a place on that is eight or more before the limit; the first is the lowest.
    @inline(__always)
    func word(at place: Int) -> UInt64 {
        assert(limit - place >= 8)
        return UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: place, as: UInt64.self))
    }

    /// Mostly there is none.
    @inline(__always)
    private mutating func skipSpace() {
        if position < limit, byte(at: position) <= 0x20 { skipSpaces() }
    }

    private mutating func skipSpaces() {
        while position < limit {
            switch byte(at: position) {
            case 0x20, 0x0A, 0x0D, 0x09: position &+= 1
            default: return
            }
        }
    }

    @inline(__always)
    private mutating func take(_ byte: UInt8) -> Bool {
        skipSpace()
        guard position < limit, self.byte(at: position) == byte else { return false }
        position &+= 1
        return true
    }

    func isDigit(_ byte: UInt8) -> Bool { byte &- 0x30 < 10 }

    @inline(__always)
    mutating func append(_ kind: JSONNode.Kind, spelling: JSONNode.Spelling = .ascii, from start: Int, to end: Int) {
        if count == capacity { grow() }
        (room + count).initialize(
            to: JSONNode(kind: kind, spelling: spelling, start: start, end: end, next: count &+ 1)
        )
        // A node is a byte of the text at least.
        count &+= 1
    }

    private mutating func grow() {
        let larger = UnsafeMutablePointer<JSONNode>.allocate(capacity: capacity * 2)
        larger.moveInitialize(from: room, count: count)
        room.deallocate()
        room = larger
        capacity *= 2
    }

    func expected(_ what: String) -> JSONError {
        let found: String
        switch current {
        case nil: found = "the end of the text"
        case let byte? where (0x21...0x7E).contains(byte): found = "`\(Character(Unicode.Scalar(byte)))`"
        case let byte?: found = "the byte 0x\(byte < 16 ? "0" : "")\(String(byte, radix: 16, uppercase: true))"
        }
        return JSONError(offset: position, message: "expected \(what), found \(found)")
    }
}
