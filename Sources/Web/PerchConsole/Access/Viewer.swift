/// Who looks at a page.
package struct Viewer: Sendable, Hashable {
    /// What their cookie stands for.
    package let session: String
    /// As records of changes name them.
    package let name: String
    package let role: Role

    /// Whoever the login says.
    package init(session: String, name: String, role: Role) {
        (self.session, self.name, self.role) = (session, name, role)
    }

    /// Whether their role has the right.
    package func may(_ right: Right) -> Bool { role >= right.least }
}
