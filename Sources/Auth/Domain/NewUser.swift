public import PopugEvents

/// What a user is made of, checked: every value fits the contract of `user_created`.
public struct NewUser: Sendable {
    /// Without the blanks around it.
    public let name: String
    /// Without the blanks around it; whether another user has it is not known yet.
    public let email: String
    /// What the user may do; tickets are assigned to employees only.
    public let role: Role
    let password: String

    /// - Parameters:
    ///   - name: 1 to 200 characters; blanks around it are dropped.
    ///   - email: Up to 254 characters with one `@`; blanks around it are dropped.
    ///   - password: 8 to 256 characters, taken as it is.
    /// - Throws: `UserError.Code.invalid` for the first value that does not fit.
    public init(name: String, email: String, role: Role, password: String) throws(UserError) {
        self.name = Self.trimmed(name)
        self.email = Self.trimmed(email)
        self.role = role
        self.password = password
        let scalars = self.name.unicodeScalars
        guard (1...200).contains(scalars.count) else { throw .invalid("name", "expected 1 to 200 characters") }
        guard scalars.allSatisfy({ $0.properties.generalCategory != .control }) else {
            throw .invalid("name", "expected no control characters")
        }
        guard Self.isEmail(self.email) else { throw .invalid("email", "expected an email address") }
        guard self.email.unicodeScalars.count <= 254 else { throw .invalid("email", "expected at most 254 characters") }
        guard (8...256).contains(password.unicodeScalars.count) else {
            throw .invalid("password", "expected 8 to 256 characters")
        }
    }

    /// What the contract calls an email: whether mail arrives there only mail can tell.
    private static func isEmail(_ text: String) -> Bool {
        let parts = text.unicodeScalars.split(separator: "@", omittingEmptySubsequences: false)
        return parts.count == 2 && parts.allSatisfy { !$0.isEmpty }
            && text.unicodeScalars.allSatisfy { $0.value > 0x20 && $0.properties.generalCategory != .control }
            && !text.contains(where: \.isWhitespace)
    }

    /// Without the blanks around it.
    static func trimmed(_ text: String) -> String {
        var text = text.drop(while: \.isWhitespace)
        while text.last?.isWhitespace == true { text.removeLast() }
        return String(text)
    }
}
