/// Characters that make a text look like another one: controls, invisible ones, and those that turn the direction of what
/// follows. No name, title or email holds them.
///
/// Let pass are what writing needs: the joiners of Persian and of emoji, variation selectors, and format characters that are
/// seen, such as the Arabic number sign.
public enum DeceptiveCharacters {
    /// In the order of their numbers. The schemas of names and titles are made of the same list.
    static let ranges: [ClosedRange<UInt32>] = [
        0x0000...0x001F, 0x007F...0x009F, 0x00AD...0x00AD, 0x034F...0x034F, 0x061C...0x061C, 0x070F...0x070F,
        0x115F...0x1160, 0x17B4...0x17B5, 0x180E...0x180E, 0x200B...0x200B, 0x200E...0x200F, 0x2028...0x202E,
        0x2060...0x206F, 0x3164...0x3164, 0xFEFF...0xFEFF, 0xFFA0...0xFFA0, 0xFFF0...0xFFFB, 0x13430...0x1343F,
        0x1BCA0...0x1BCA3, 0x1D173...0x1D17A, 0xE0000...0xE00FF, 0xE01F0...0xE0FFF,
    ]

    /// Invisible by themselves, and part of what is seen beside others.
    static let joining: [ClosedRange<UInt32>] = [
        0x180B...0x180D, 0x180F...0x180F, 0x200C...0x200D, 0xFE00...0xFE0F, 0xE0100...0xE01EF,
    ]

    /// The same without tabulators and line breaks: what is refused in a text of several lines.
    static let rangesBesideLineBreaks: [ClosedRange<UInt32>] =
        [0x0000...0x0008, 0x000B...0x000C, 0x000E...0x001F]
        + ranges.dropFirst().flatMap { $0 == 0x2028...0x202E ? [0x202A...0x202E] : [$0] }

    /// What is wrong with a text of one line; nil if nothing is. It names the character, and not the text.
    public static func problem(ofLine text: String) -> String? {
        if let found = text.unicodeScalars.first(where: { contains(ranges, $0) }) {
            return "expected one line of visible characters, got \(name(of: found))"
        }
        let isBlank = text.unicodeScalars.allSatisfy { $0.properties.isWhitespace || contains(joining, $0) }
        return isBlank ? "expected visible characters" : nil
    }

    /// What is wrong with a text of several lines, which may be empty; nil if nothing is.
    public static func problem(ofLines text: String) -> String? {
        text.unicodeScalars.first { contains(rangesBesideLineBreaks, $0) }
            .map { "expected visible characters and line breaks, got \(name(of: $0))" }
    }

    /// What is wrong with an email, besides its form; nil if nothing is. Here the joiners too have no place.
    public static func problem(ofEmail text: String) -> String? {
        let found = text.unicodeScalars.first { scalar in
            contains(ranges, scalar) || contains(joining, scalar) || scalar.properties.isDefaultIgnorableCodePoint
                || scalar.properties.isWhitespace
        }
        return found.map { "expected no blank, control or invisible character, got \(name(of: $0))" }
    }

    /// `U+202E`
    static func name(of scalar: Unicode.Scalar) -> String {
        let digits = String(scalar.value, radix: 16, uppercase: true)
        return "U+" + String(repeating: "0", count: max(0, 4 - digits.count)) + digits
    }

    static func contains(_ ranges: [ClosedRange<UInt32>], _ scalar: Unicode.Scalar) -> Bool {
        ranges.contains { $0.contains(scalar.value) }
    }
}
