package import Foundation

/// Numbers as pages write them: exact, however large. They are made of digits, and never pass through a floating point number.
package enum NumberText {
    /// The sign of a negative number: as wide as a plus.
    private static let minus = "\u{2212}"

    /// A whole number, thousands by comma: `9,007,199,254,740,993`.
    package static func count(_ number: some BinaryInteger) -> String { grouped(String(number)) }

    /// An amount with so many digits after the point: `−1,234.50`. What is beyond them is rounded half to even.
    package static func amount(_ amount: Decimal, digits: Int = 2) -> String {
        guard amount.isFinite else { return "?" }
        var amount = amount
        var rounded = Decimal()
        NSDecimalRound(&rounded, &amount, digits, .bankers)
        let parts = "\(rounded)".split(separator: ".", omittingEmptySubsequences: false)
        let fraction = parts.count == 2 ? String(parts[1]) : ""
        guard digits > 0 else { return grouped(String(parts[0])) }
        let padding = String(repeating: "0", count: max(0, digits - fraction.count))
        return "\(grouped(String(parts[0]))).\(fraction)\(padding)"
    }

    private static func grouped(_ digits: String) -> String {
        let isNegative = digits.hasPrefix("-")
        var text = ""
        for (index, digit) in digits.drop(while: { $0 == "-" }).reversed().enumerated() {
            if index > 0, index % 3 == 0 { text.append(",") }
            text.append(digit)
        }
        return (isNegative ? minus : "") + String(text.reversed())
    }
}

extension Decimal {
    fileprivate var isFinite: Bool { !isNaN && !isInfinite }
}
