import Foundation
public import PopugEvents
import ServiceKit

/// What a user is made of, checked: every value fits the contract of `user_created`.
public struct NewUser: Sendable {
    /// Without the blanks around it.
    public let name: String
    /// Without the blanks around it, in one way to write it (NFC); whether another user has it is not known yet.
    public let email: String
    /// What the user may do; tickets are assigned to employees only.
    public let role: Role
    let password: String

    /// - Parameters:
    ///   - name: 1 to 200 visible characters; blanks around it are dropped.
    ///   - email: Up to 254 visible characters with one `@`; blanks around it are dropped.
    ///   - password: 8 to 256 characters, taken as it is; not the email, and none of the most common ones.
    /// - Throws: `UserError.Code.invalid` for the first value that does not fit.
    public init(name: String, email: String, role: Role, password: String) throws(UserError) {
        self.name = Self.trimmed(name)
        self.email = Self.trimmed(email).precomposedStringWithCanonicalMapping
        self.role = role
        guard (1...200).contains(self.name.unicodeScalars.count) else {
            throw .invalid("name", "expected 1 to 200 characters")
        }
        if let problem = DeceptiveCharacters.problem(ofLine: self.name) { throw .invalid("name", problem) }
        if let problem = DeceptiveCharacters.problem(ofEmail: self.email) { throw .invalid("email", problem) }
        guard Self.isEmail(self.email) else { throw .invalid("email", "expected an email address") }
        guard self.email.unicodeScalars.count <= 254 else { throw .invalid("email", "expected at most 254 characters") }
        self.password = try NewPassword(password, email: self.email).text
    }

    /// What the contract calls an email: whether mail arrives there only mail can tell.
    private static func isEmail(_ text: String) -> Bool {
        let parts = text.unicodeScalars.split(separator: "@", omittingEmptySubsequences: false)
        return parts.count == 2 && parts.allSatisfy { !$0.isEmpty }
    }

    /// Without the blanks around it.
    static func trimmed(_ text: String) -> String {
        var text = text.drop(while: \.isWhitespace)
        while text.last?.isWhitespace == true { text.removeLast() }
        return String(text)
    }
}
