/// Reads a text of fixed form: so many ASCII digits, this character, the end.
struct DigitReader {
    private var rest: UnsafeRawBufferPointer.SubSequence

    /// The text must outlive the reader.
    init(_ text: UnsafeRawBufferPointer) { rest = text[...] }

    var isAtEnd: Bool { rest.isEmpty }

    /// The number of exactly so many digits.
    mutating func number(digits: Int) -> Int? {
        guard rest.count >= digits else { return nil }
        var number = 0
        for _ in 0..<digits {
            guard let digit = rest.popFirst(), (48...57).contains(digit) else { return nil }
            number = number * 10 + Int(digit - 48)
        }
        return number
    }

    /// Whether the next character is this one, which is passed then.
    mutating func skip(_ character: Unicode.Scalar) -> Bool {
        guard let next = rest.first, UInt32(next) == character.value else { return false }
        rest.removeFirst()
        return true
    }
}

/// The number with leading zeros, a minus in front of them.
func padded(_ number: Int, to digits: Int) -> String {
    let text = String(number.magnitude)
    return (number < 0 ? "-" : "") + String(repeating: "0", count: max(0, digits - text.count)) + text
}
