import Testing

@testable import ServiceKit

@Suite struct DeceptiveCharactersTests {
    @Test(arguments: [
        ("a\u{202E}b", "U+202E"), ("a\u{2028}b", "U+2028"), ("a\u{200B}b", "U+200B"), ("\u{FEFF}a", "U+FEFF"),
        ("a\u{7}", "U+0007"), ("a\u{9B}b", "U+009B"), ("a\nb", "U+000A"), ("\u{E0041}", "U+E0041"),
        ("a\u{3164}", "U+3164"),
        ("a\u{AD}b", "U+00AD"),
    ]) func theCharacterIsNamedAndTheTextIsNot(_ text: String, _ name: String) {
        #expect(DeceptiveCharacters.problem(ofLine: text) == "expected one line of visible characters, got \(name)")
    }

    @Test(arguments: [
        "Mend the coop", "Überprüfung №5 — “sofort”", "👩‍💻 ❤️ 🏳️‍🌈", "می‌خواهم", "שלום", "日本語", "한국어", "हिन्दी", "a\u{301}",
        "\u{600}١",
    ]) func whatPeopleWriteIsLetPass(_ text: String) {
        #expect(DeceptiveCharacters.problem(ofLine: text) == nil)
        #expect(DeceptiveCharacters.problem(ofLines: "\(text)\n\t\(text)\r\n") == nil)
    }

    @Test(arguments: ["", " ", "\u{200D}", "\u{FE0F}\u{200C} "]) func whatCannotBeSeenIsNoLine(_ text: String) {
        #expect(DeceptiveCharacters.problem(ofLine: text) == "expected visible characters")
    }

    @Test func severalLinesMayBreakAndNotTurnAround() {
        #expect(DeceptiveCharacters.problem(ofLines: "a\u{2029}b") == nil)
        #expect(DeceptiveCharacters.problem(ofLines: "a\u{1B}[2J")?.hasSuffix("got U+001B") == true)
        #expect(DeceptiveCharacters.problem(ofLines: "a\u{2066}b")?.hasSuffix("got U+2066") == true)
    }

    @Test(arguments: ["a\u{200D}b@x.org", "a b@x.org", "a\u{A0}b@x.org", "a@x\u{FE0F}.org", "\u{2060}a@x.org"])
    func anEmailHasNothingThatIsNotSeen(_ text: String) {
        #expect(DeceptiveCharacters.problem(ofEmail: text) != nil)
    }

    /// The list is written down, so that schemas can show it; here it is held against what Unicode says.
    @Test func theListHasWhateverUnicodeCallsAControlAFormatOrASeparatorOfLines() {
        // Prepended marks of numbers and of verses are seen.
        let seen: [ClosedRange<UInt32>] = [
            0x0600...0x0605, 0x06DD...0x06DD, 0x0890...0x0891, 0x08E2...0x08E2, 0x110BD...0x110BD, 0x110CD...0x110CD,
        ]
        var wrong: [String] = []
        for value in UInt32(0)...0x10FFFF {
            guard let scalar = Unicode.Scalar(value) else { continue }
            let isListed = DeceptiveCharacters.contains(DeceptiveCharacters.ranges, scalar)
            let isKnown = isListed || DeceptiveCharacters.contains(DeceptiveCharacters.joining, scalar)
            let isRight =
                switch scalar.properties.generalCategory {
                case .control, .format, .lineSeparator, .paragraphSeparator:
                    isKnown || seen.contains { $0.contains(value) }
                case .unassigned: isKnown || !scalar.properties.isDefaultIgnorableCodePoint
                default: isKnown == scalar.properties.isDefaultIgnorableCodePoint
                }
            if !isRight { wrong.append(DeceptiveCharacters.name(of: scalar)) }
        }
        #expect(wrong == [])
    }
}
