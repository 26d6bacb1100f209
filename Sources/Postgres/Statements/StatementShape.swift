/// What a statement's text is made of, without the text.
///
/// Literals are compared by where the program keeps them: the same place in the program is the same statement, found
/// without looking at its text. Equal texts of two places are two shapes.
struct StatementShape: Hashable, Sendable {
    private var parts = PartList()
    private var texts: [String] = []

    /// Whether the place in the program alone says what the text is.
    var isStatic: Bool { texts.isEmpty }

    mutating func append(_ literal: StaticString) {
        if literal.hasPointerRepresentation, let part = Part(literal) {
            parts.append(part)
        } else {
            append(text: literal.description)
        }
    }

    mutating func append(valueOf type: PostgresType) {
        parts.append(Part(valueOf: type))
    }

    mutating func append(text: String) {
        parts.append(Part(text: texts.count))
        texts.append(text)
    }

    /// The text, with `$1` for the first value.
    var text: String {
        var text = ""
        var values = 0
        for index in 0..<parts.count {
            switch parts[index].kind {
            case .literal(let bytes): text += String(decoding: bytes, as: UTF8.self)
            case .value:
                values += 1
                text += "$\(values)"
            case .text(let index): text += texts[index]
            }
        }
        return text
    }

    /// The types of the values, in order.
    var types: [UInt32] {
        (0..<parts.count).compactMap { index in
            if case .value(let type) = parts[index].kind { type } else { nil }
        }
    }
}

/// A part of a statement in one word, for these are made, compared and copied for each execution: two bits of the kind,
/// and the type, the index of the text, or a literal's length and address.
private struct Part: Hashable, Sendable {
    enum Kind {
        case literal(UnsafeBufferPointer<UInt8>)
        /// `$1`, `$2` …, of the type with this number.
        case value(type: UInt32)
        /// A text made at runtime, by its index.
        case text(Int)
    }

    private static let addressBits = 48
    private static let value: UInt64 = 1 << 63
    private static let text: UInt64 = 1 << 62

    let word: UInt64

    /// Nil for a literal of 16 KiB or more, and at an address that no program has today: they do not fit.
    init?(_ literal: StaticString) {
        let address = UInt64(UInt(bitPattern: literal.utf8Start))
        let length = UInt64(literal.utf8CodeUnitCount)
        guard address >> Self.addressBits == 0, length < 1 << 14 else { return nil }
        word = length << Self.addressBits | address
    }

    init(valueOf type: PostgresType) { word = Self.value | UInt64(type.oid) }

    init(text index: Int) { word = Self.text | UInt64(index) }

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

/// Parts, so many as most statements have without an allocation. Raw memory is touched only at indices below
/// `inlineCount`, which is how many words `inline` has.
private struct PartList: Hashable, Sendable {
    private typealias Inline = (
        UInt64, UInt64, UInt64, UInt64, UInt64, UInt64, UInt64, UInt64,
        UInt64, UInt64, UInt64, UInt64, UInt64, UInt64, UInt64, UInt64
    )
    private static let inlineCount = 16

    private(set) var count = 0
    private var inline: Inline = (0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)
    private var rest: [Part] = []

    mutating func append(_ part: Part) {
        if count < Self.inlineCount {
            withUnsafeMutableBytes(of: &inline) { $0.storeBytes(of: part, toByteOffset: count * 8, as: Part.self) }
        } else {
            rest.append(part)
        }
        count += 1
    }

    subscript(index: Int) -> Part {
        guard index < Self.inlineCount else { return rest[index - Self.inlineCount] }
        return withUnsafeBytes(of: inline) { $0.load(fromByteOffset: index * 8, as: Part.self) }
    }

    static func == (left: PartList, right: PartList) -> Bool {
        guard left.count == right.count else { return false }
        // What lies behind the parts is zero in both.
        let (left, right, restOfLeft, restOfRight) = (left.inline, right.inline, left.rest, right.rest)
        var difference = (left.0 ^ right.0) | (left.1 ^ right.1) | (left.2 ^ right.2) | (left.3 ^ right.3)
        difference |= (left.4 ^ right.4) | (left.5 ^ right.5) | (left.6 ^ right.6) | (left.7 ^ right.7)
        difference |= (left.8 ^ right.8) | (left.9 ^ right.9) | (left.10 ^ right.10) | (left.11 ^ right.11)
        difference |= (left.12 ^ right.12) | (left.13 ^ right.13) | (left.14 ^ right.14) | (left.15 ^ right.15)
        return difference == 0 && restOfLeft == restOfRight
    }

    /// Hashed as one word, which is cheaper.
    func hash(into hasher: inout Hasher) {
        var mixed: UInt64 = 0
        func mix(_ word: UInt64) {
            mixed = (mixed &+ word) &* 0x9E37_79B9_7F4A_7C15
            mixed ^= mixed >> 29
        }
        withUnsafeBytes(of: inline) { bytes in
            for index in 0..<min(count, Self.inlineCount) {
                mix(bytes.load(fromByteOffset: index * 8, as: UInt64.self))
            }
        }
        for part in rest { mix(part.word) }
        hasher.combine(mixed)
    }
}
