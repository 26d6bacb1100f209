public import Foundation

/// What somebody looks for: a part of a title or a name, or the beginning of an id.
public struct SearchText: Sendable, Hashable {
    /// For ILIKE: the text anywhere. What ILIKE would take for a sign of its own is escaped.
    public let pattern: String
    /// The first of the ids that begin with the text; nil where it is no beginning of an id.
    public let firstID: UUID?
    /// The last of them.
    public let lastID: UUID?
    /// How many letters and digits it has.
    public let letters: Int

    /// As many digits as are shown of an id: fewer are no beginning of one.
    public static let fewestDigits = 8

    /// Drops blanks around the text, and the characters that no title or name holds.
    ///
    /// - Returns: Nil where nothing is left.
    public init?(_ text: String) {
        // A title has up to 500 characters: with one more nothing is found, as with all of them.
        let visible = text.unicodeScalars.lazy.filter { !DeceptiveCharacters.contains(DeceptiveCharacters.ranges, $0) }
        let text = String(String.UnicodeScalarView(visible.prefix(501))).trimmingCharacters(in: .whitespacesAndNewlines)
        guard !text.isEmpty else { return nil }
        letters = text.unicodeScalars.count { $0.properties.isAlphabetic || $0.properties.numericType != nil }
        var escaped = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            if ["%", "_", "\\"].contains(scalar) { escaped.append("\\") }
            escaped.append(scalar)
        }
        pattern = "%\(String(escaped))%"
        let digits = text.filter { $0 != "-" }
        let isID =
            (Self.fewestDigits...32).contains(digits.count) && digits.allSatisfy { $0.isASCII && $0.isHexDigit }
        firstID = isID ? Self.id(digits, filledWith: "0") : nil
        lastID = isID ? Self.id(digits, filledWith: "f") : nil
    }

    /// - Parameter digits: Up to 32 hexadecimal ones.
    private static func id(_ digits: String, filledWith filler: Character) -> UUID {
        let values = (digits + String(repeating: filler, count: 32 - digits.count)).compactMap(\.hexDigitValue)
        let bytes = stride(from: 0, to: values.count, by: 2).map {
            UInt8(truncatingIfNeeded: values[$0] << 4 | values[$0 + 1])
        }
        return bytes.withUnsafeBytes { UUID(uuid: $0.loadUnaligned(as: uuid_t.self)) }
    }
}
