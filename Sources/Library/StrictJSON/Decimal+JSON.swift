import Foundation

extension Decimal {
    /// As many digits as every one of its values can have.
    static let digitLimit = 38

    /// The number that a JSON number is, to its last digit; nil for another kind, and where it cannot be held as it is.
    init?(exactly value: JSONValue) {
        guard value.kind == .integer || value.kind == .decimal else { return nil }
        let lexeme = value.lexeme
        guard Self.isExact(lexeme), let number = Decimal(string: lexeme, locale: nil) else { return nil }
        self = number
    }

    /// Whether a number is at most so many digits, and an exponent that fits.
    private static func isExact(_ lexeme: String) -> Bool {
        let parts = lexeme.utf8.split(maxSplits: 1) { $0 | 0x20 == UInt8(ascii: "e") }
        let mantissa = parts.first ?? lexeme.utf8[...]
        // A number that the reader let pass has an exponent of few digits, or is a zero.
        let written = parts.count > 1 ? Int(String(decoding: parts[1], as: UTF8.self)) : 0
        let fraction = mantissa.firstIndex(of: UInt8(ascii: ".")).map { mantissa[$0...].count - 1 } ?? 0
        let digits = mantissa.filter { $0 &- 0x30 < 10 }.drop { $0 == UInt8(ascii: "0") }
        guard let last = digits.lastIndex(where: { $0 != UInt8(ascii: "0") }) else { return true }
        let zeros = digits[last...].count - 1
        guard let written, (-1000...1000).contains(written) else { return false }
        let exponent = written - fraction + zeros
        return digits.count - zeros <= digitLimit && (-128...127).contains(exponent)
    }
}
