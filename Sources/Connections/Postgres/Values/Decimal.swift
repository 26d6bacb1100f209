#if canImport(FoundationEssentials)
    public import FoundationEssentials
#else
    public import Foundation
#endif

/// A decimal number, exact: its digits are sent and read as they are, its zeros behind the point are not kept.
extension Decimal: PostgresCodable {
    /// Sent as numeric.
    public static var postgresType: PostgresType { .numeric }

    /// Appends the binary format: groups of four digits, the first one's weight, the sign, the digits behind the point.
    /// <https://github.com/postgres/postgres/blob/REL_15_STABLE/src/backend/utils/adt/numeric.c>, `numeric_send`
    ///
    /// - Throws: `.encoding` for what is no number.
    public func encode(into buffer: inout PostgresBuffer) throws(PostgresError) {
        guard isFinite else { throw PostgresError(.encoding, "a decimal that is no number") }
        let text = description
        let isNegative = text.hasPrefix("-")
        let parts = text.utf8.drop { $0 == UInt8(ascii: "-") }.split(
            separator: UInt8(ascii: "."),
            omittingEmptySubsequences: false
        )
        let scale = parts.count > 1 ? parts[1].count : 0
        var whole = parts[0].drop { $0 == UInt8(ascii: "0") }.map { Int16($0 &- 0x30) }
        var fraction = parts.count > 1 ? parts[1].map { Int16($0 &- 0x30) } : []
        // Both are filled up to whole groups, away from the point.
        whole.insert(contentsOf: repeatElement(0, count: (4 - whole.count % 4) % 4), at: 0)
        fraction.append(contentsOf: repeatElement(0, count: (4 - fraction.count % 4) % 4))
        let digits = whole + fraction
        let groups: [Int16] = stride(from: 0, to: digits.count, by: 4).map { start in
            digits[start..<start + 4].reduce(0) { $0 * 10 + $1 }
        }
        buffer.append(Int16(groups.count))
        buffer.append(Int16(whole.count / 4 - 1))
        buffer.append(isNegative ? Self.negative : 0)
        buffer.append(Int16(scale))
        for group in groups { buffer.append(group) }
    }

    /// Reads the binary format of a numeric, and of an integer.
    /// - Throws: `.decoding` for NaN, the infinities, and what has more digits than a decimal.
    public static func decode(_ value: borrowing PostgresValue) throws(PostgresError) -> Decimal {
        switch value.type {
        case .int2, .int4, .int8: return Decimal(try Int64.decode(value))
        case .numeric: break
        default: throw value.mismatch(Decimal.self)
        }
        let words = value.withBytes { bytes in
            stride(from: 0, to: bytes.count - 1, by: 2).map {
                Int16(bigEndian: bytes.loadUnaligned(fromByteOffset: $0, as: Int16.self))
            }
        }
        guard words.count >= 4, words.count == 4 + Int(words[0]) else { throw value.malformed() }
        guard words[2] == 0 || words[2] == negative else {
            throw PostgresError(.decoding, "expected Decimal, found a numeric that is no number")
        }
        let groups = words[4...]
        guard groups.allSatisfy({ (0..<10_000).contains($0) }) else { throw value.malformed() }
        guard let number = number(groups, weight: Int(words[1]), isNegative: words[2] != 0) else {
            throw PostgresError(.decoding, "expected Decimal, found a numeric of more digits than it holds")
        }
        return number
    }

    /// The sign of a numeric below zero.
    private static var negative: Int16 { 0x4000 }

    /// Nil where the digits or the exponent do not fit.
    private static func number(_ groups: ArraySlice<Int16>, weight: Int, isNegative: Bool) -> Decimal? {
        var digits = groups.flatMap { group in [group / 1000, group / 100 % 10, group / 10 % 10, group % 10] }
        var exponent = (weight + 1 - groups.count) * 4
        while digits.last == 0 {
            digits.removeLast()
            exponent += 1
        }
        let significant = digits.drop { $0 == 0 }
        if significant.isEmpty { return Decimal(0) }
        guard significant.count <= 38, (-128...127).contains(exponent) else { return nil }
        var mantissa = Decimal(0)
        for digit in significant { mantissa = mantissa * 10 + Decimal(Int(digit)) }
        return Decimal(sign: isNegative ? .minus : .plus, exponent: exponent, significand: mantissa)
    }
}
