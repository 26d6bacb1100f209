import Foundation

/// A password that somebody chooses, checked. Those that were chosen before are not looked at again.
struct NewPassword: Sendable {
    /// As it is.
    let text: String

    /// - Parameters:
    ///   - text: 8 to 256 characters; no blanks alone, not the email, and none of those that everybody tries first.
    ///   - email: Of the user who gets it.
    /// - Throws: `UserError.Code.invalid`.
    init(_ text: String, email: String, field: String = "password") throws(UserError) {
        guard (8...256).contains(text.unicodeScalars.count) else {
            throw .invalid(field, "expected 8 to 256 characters")
        }
        let folded = Self.folded(text)
        guard !folded.isEmpty else { throw .invalid(field, "expected more than blanks") }
        let email = Self.folded(email)
        let mailbox = email.prefix { $0 != "@" }
        guard folded != email, folded != mailbox else {
            throw .invalid(field, "expected something else than the email")
        }
        guard Set(folded).count > 1, !CommonPasswords.all.contains(folded) else {
            throw .invalid(field, "expected a password that is not among those that are tried first")
        }
        self.text = text
    }

    /// What is as easily guessed is the same: other cases, wide letters, blanks around.
    private static func folded(_ text: String) -> String {
        NewUser.trimmed(text.precomposedStringWithCompatibilityMapping.lowercased())
    }
}
