/// Who is logged in, as the issuer says.
package struct PagePerson: Sendable, Hashable {
    /// Whom the issuer means: it never changes, and is nobody else's.
    package let subject: String
    /// For people to read: the name, else the login name, else the subject.
    package let name: String
    /// The values of the claim of roles; what they mean is the program's to say.
    package let roles: [String]
    /// The person's session at the issuer, where it tells one.
    package let issuerSession: String?

    package init(subject: String, name: String, roles: [String] = [], issuerSession: String? = nil) {
        (self.subject, self.name, self.roles, self.issuerSession) = (subject, name, roles, issuerSession)
    }
}
