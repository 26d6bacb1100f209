/// An address that can stand in a mail's header as it is.
struct MailAddress: Sendable, Hashable {
    let text: String

    /// Takes the plain form, `ann.b+c@mail.example`: words of letters, digits and the marks of RFC 5322 with dots between
    /// them; letters of all scripts (RFC 6532). Nil for any other, also for quoted ones: blanks, brackets, commas and line
    /// ends could be read as another receiver or header.
    init?(_ text: String) {
        let parts = text.split(separator: "@", omittingEmptySubsequences: false)
        guard text.utf8.count <= 254, parts.count == 2, Self.areWords(parts[0], marks: Self.marks),
            Self.areWords(parts[1], marks: ["-"])
        else { return nil }
        self.text = text
    }

    private init(known text: String) { self.text = text }

    /// Whom mails are from where nobody says otherwise.
    static let accounting = MailAddress(known: "accounting@\(WageMail.domain)")

    private static let marks = Set("!#$%&'*+-/=?^_`{|}~".unicodeScalars)

    private static func areWords(_ text: Substring, marks: Set<Unicode.Scalar>) -> Bool {
        text.split(separator: ".", omittingEmptySubsequences: false).allSatisfy { word in
            !word.isEmpty
                && word.unicodeScalars.allSatisfy { scalar in
                    if scalar.isASCII {
                        return marks.contains(scalar) || (scalar.properties.isAlphabetic)
                            || scalar.properties.numericType != nil
                    }
                    switch scalar.properties.generalCategory {
                    case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter,
                        .nonspacingMark, .spacingMark, .decimalNumber:
                        return true
                    default: return false
                    }
                }
        }
    }
}
