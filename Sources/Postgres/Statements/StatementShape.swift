/// What a statement's text is made of, without the text.
///
/// Literals are compared by where the program keeps them: the same place in the program is the same statement, found
/// without looking at its text. Equal texts of two places are two shapes.
struct StatementShape: Hashable, Sendable {
    enum Part: Hashable, Sendable {
        case literal(StaticString)
        /// `$1`, `$2` …, of the type with this number.
        case value(type: UInt32)
        /// A text made at runtime, by its index.
        case text(Int)

        static func == (left: Part, right: Part) -> Bool {
            switch (left, right) {
            case (.literal(let left), .literal(let right)):
                left.utf8Start == right.utf8Start && left.utf8CodeUnitCount == right.utf8CodeUnitCount
            case (.value(let left), .value(let right)): left == right
            case (.text(let left), .text(let right)): left == right
            default: false
            }
        }

        func hash(into hasher: inout Hasher) { hasher.combine(word) }

        fileprivate var word: UInt {
            switch self {
            case .literal(let text): UInt(bitPattern: text.utf8Start)
            case .value(let type): UInt(type)
            case .text(let index): UInt(index)
            }
        }
    }

    private var parts: [Part] = []
    private var texts: [String] = []

    /// Whether the place in the program alone says what the text is.
    var isStatic: Bool { texts.isEmpty }

    mutating func reserve(_ count: Int) { parts.reserveCapacity(count) }

    mutating func append(_ literal: StaticString) {
        if literal.hasPointerRepresentation {
            parts.append(.literal(literal))
        } else {
            append(text: literal.description)
        }
    }

    mutating func append(valueOf type: PostgresType) {
        parts.append(.value(type: type.oid))
    }

    mutating func append(text: String) {
        parts.append(.text(texts.count))
        texts.append(text)
    }

    /// The text, with `$1` for the first value.
    var text: String {
        var text = ""
        var values = 0
        for part in parts {
            switch part {
            case .literal(let literal): literal.withUTF8Buffer { text += String(decoding: $0, as: UTF8.self) }
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
        parts.compactMap { part in
            if case .value(let type) = part { type } else { nil }
        }
    }

    /// Hashed as one word: this is done for each execution.
    func hash(into hasher: inout Hasher) {
        var mixed: UInt = 0
        for part in parts {
            mixed = (mixed &+ part.word) &* 0x9E37_79B9_7F4A_7C15
            mixed ^= mixed >> 29
        }
        hasher.combine(mixed)
    }
}
