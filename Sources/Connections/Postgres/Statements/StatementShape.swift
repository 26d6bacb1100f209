/// What a statement's text is made of, without the text.
///
/// Literals are compared by where the program keeps them: the same place in the program is the same statement, found
/// without looking at its text. Equal texts of two places are two shapes.
///
/// Callers inline what makes it and appends literals and values, so that a literal is one constant word. That holds for all that `SQL` is made
/// of, and one call on the way would put the whole statement into memory again: so no property has an initial value, which
/// is such a call in other modules, and an optional is spelled `Optional<…>`, for with `?` nil is one.
///
/// What most statements have lies in the shape itself, without an allocation. Raw memory is touched only at indices below
/// `inlineLimit`, which is how many words `inline` has.
@usableFromInline
struct StatementShape: Hashable, Sendable {
    @usableFromInline typealias Inline = (
        UInt64, UInt64, UInt64, UInt64, UInt64, UInt64, UInt64, UInt64,
        UInt64, UInt64, UInt64, UInt64, UInt64, UInt64, UInt64, UInt64,
        UInt64, UInt64, UInt64, UInt64, UInt64, UInt64, UInt64, UInt64
    )
    @inlinable static var inlineLimit: Int { 24 }

    @usableFromInline private(set) var count: Int
    @usableFromInline private(set) var inline: Inline
    /// What few statements have: one reference to copy with the shape, and mostly none.
    @usableFromInline private(set) var rare: Optional<Rare>

    /// `@unchecked Sendable`: changed only while one shape alone refers to it.
    @usableFromInline
    final class Rare: @unchecked Sendable {
        /// The parts beyond the inline ones.
        fileprivate(set) var parts: [Part]
        fileprivate(set) var texts: [String]

        init(parts: [Part], texts: [String]) {
            self.parts = parts
            self.texts = texts
        }
    }

    /// What may be changed: nobody else's.
    private mutating func ownRare() -> Rare {
        if isKnownUniquelyReferenced(&rare), let rare { return rare }
        let own = Rare(parts: rare?.parts ?? [], texts: rare?.texts ?? [])
        rare = own
        return own
    }

    @inlinable @inline(__always)
    init() {
        count = 0
        inline = (0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)
        rare = nil
    }

    /// Whether the place in the program alone says what the text is.
    var isStatic: Bool { rare?.texts.isEmpty ?? true }

    @inlinable @inline(__always)
    mutating func append(_ literal: StaticString) {
        if literal.hasPointerRepresentation, let part = Part(literal) {
            append(part)
        } else {
            append(text: literal.description)
        }
    }

    @inlinable @inline(__always)
    mutating func append(valueOf type: PostgresType) { append(Part(valueOf: type)) }

    @usableFromInline
    mutating func append(text: String) {
        append(Part(text: rare?.texts.count ?? 0))
        ownRare().texts.append(text)
    }

    @inlinable @inline(__always)
    mutating func append(_ part: Part) {
        guard count < Self.inlineLimit else { return appendRare(part) }
        withUnsafeMutableBytes(of: &inline) { $0.storeBytes(of: part.word, toByteOffset: count &* 8, as: UInt64.self) }
        count &+= 1
    }

    @usableFromInline
    mutating func appendRare(_ part: Part) {
        ownRare().parts.append(part)
        count += 1
    }

    private subscript(index: Int) -> Part {
        guard index < Self.inlineLimit else { return (rare?.parts ?? [])[index - Self.inlineLimit] }
        return withUnsafeBytes(of: inline) { Part(word: $0.load(fromByteOffset: index * 8, as: UInt64.self)) }
    }

    /// The text, with `$1` for the first value.
    var text: String {
        var text = ""
        var values = 0
        for index in 0..<count {
            switch self[index].kind {
            case .literal(let bytes): text += String(decoding: bytes, as: UTF8.self)
            case .value:
                values += 1
                text += "$\(values)"
            case .text(let index): text += (rare?.texts ?? [])[index]
            }
        }
        return text
    }

    /// The types of the values, in order.
    var types: [UInt32] {
        (0..<count).compactMap { index in
            if case .value(let type) = self[index].kind { type } else { nil }
        }
    }

    @usableFromInline
    static func == (left: StatementShape, right: StatementShape) -> Bool { left.isSame(as: right) }

    /// The same as `==`, without a copy of either.
    @inline(__always)
    borrowing func isSame(as other: borrowing StatementShape) -> Bool {
        guard count == other.count else { return false }
        // What lies behind the parts is zero in both.
        var difference = (inline.0 ^ other.inline.0) | (inline.1 ^ other.inline.1)
        difference |= (inline.2 ^ other.inline.2) | (inline.3 ^ other.inline.3)
        difference |= (inline.4 ^ other.inline.4) | (inline.5 ^ other.inline.5)
        difference |= (inline.6 ^ other.inline.6) | (inline.7 ^ other.inline.7)
        difference |= (inline.8 ^ other.inline.8) | (inline.9 ^ other.inline.9)
        difference |= (inline.10 ^ other.inline.10) | (inline.11 ^ other.inline.11)
        difference |= (inline.12 ^ other.inline.12) | (inline.13 ^ other.inline.13)
        difference |= (inline.14 ^ other.inline.14) | (inline.15 ^ other.inline.15)
        difference |= (inline.16 ^ other.inline.16) | (inline.17 ^ other.inline.17)
        difference |= (inline.18 ^ other.inline.18) | (inline.19 ^ other.inline.19)
        difference |= (inline.20 ^ other.inline.20) | (inline.21 ^ other.inline.21)
        difference |= (inline.22 ^ other.inline.22) | (inline.23 ^ other.inline.23)
        guard difference == 0 else { return false }
        guard rare != nil || other.rare != nil else { return true }
        return rare?.parts == other.rare?.parts && rare?.texts == other.rare?.texts
    }

    /// Hashed as one word, which is cheaper.
    @usableFromInline
    func hash(into hasher: inout Hasher) {
        var mixed: UInt64 = 0
        for index in 0..<count {
            mixed = (mixed &+ self[index].word) &* 0x9E37_79B9_7F4A_7C15
            mixed ^= mixed >> 29
        }
        hasher.combine(mixed)
    }

    /// A part of a statement in one word, for these are made, compared and copied for each execution: two bits of the kind,
    /// and the type, the index of the text, or a literal's length and address.
    @frozen @usableFromInline
    struct Part: Hashable, Sendable {
        enum Kind {
            case literal(UnsafeBufferPointer<UInt8>)
            /// `$1`, `$2` …, of the type with this number.
            case value(type: UInt32)
            /// A text made at runtime, by its index.
            case text(Int)
        }

        @inlinable static var addressBits: UInt64 { 48 }
        @inlinable static var value: UInt64 { 1 << 63 }
        private static let text: UInt64 = 1 << 62

        @usableFromInline let word: UInt64

        @inlinable @inline(__always)
        init(word: UInt64) { self.word = word }

        /// Nil for a literal of 16 KiB or more, and at an address that no program has today: they do not fit.
        @inlinable @inline(__always)
        init?(_ literal: StaticString) {
            let address = UInt64(UInt(bitPattern: literal.utf8Start))
            let length = UInt64(UInt(bitPattern: literal.utf8CodeUnitCount))
            guard address >> Self.addressBits == 0, length < 1 << 14 else { return nil }
            self.init(word: length << Self.addressBits | address)
        }

        @inlinable @inline(__always)
        init(valueOf type: PostgresType) { self.init(word: Self.value | UInt64(type.oid)) }

        fileprivate init(text index: Int) { self.init(word: Self.text | UInt64(index)) }

        var kind: Kind {
            if word & Self.value != 0 { return .value(type: UInt32(truncatingIfNeeded: word)) }
            if word & Self.text != 0 { return .text(Int(word & ~Self.text)) }
            // Made of a StaticString with a pointer, whose bytes are there for as long as the program runs.
            let address = UInt(word & (1 << Self.addressBits - 1))
            return .literal(
                UnsafeBufferPointer(start: UnsafePointer(bitPattern: address), count: Int(word >> Self.addressBits))
            )
        }
    }
}
