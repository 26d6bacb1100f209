/// Text of strangers as it can be shown among other text: what is hidden in it is seen.
package enum VisibleText {
    /// The same text with each control character, and each that turns the direction of what follows, written as its number:
    /// `⟨U+202E⟩`. Line breaks and tabulators stay.
    package static func of(_ text: some StringProtocol) -> String {
        // Most text is plain.
        if text.utf8.allSatisfy({ $0 >= 0x20 && $0 < 0x7F || $0 == 0x0A }) { return String(text) }
        guard text.unicodeScalars.contains(where: isHidden) else { return String(text) }
        var shown = ""
        for scalar in text.unicodeScalars {
            if isHidden(scalar) {
                let digits = String(scalar.value, radix: 16, uppercase: true)
                shown += "⟨U+" + String(repeating: "0", count: max(0, 4 - digits.count)) + digits + "⟩"
            } else {
                shown.unicodeScalars.append(scalar)
            }
        }
        return shown
    }

    private static func isHidden(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x09, 0x0A, 0x0D: false
        case 0x00...0x1F, 0x7F...0x9F, 0x202A...0x202E, 0x2066...0x2069, 0xFFF9...0xFFFB: true
        default: false
        }
    }
}
