/// Who looks at a page.
package struct Viewer: Sendable, Hashable {
    /// What their cookie stands for.
    package let session: String
    /// For people to read. Two may have the same.
    package let name: String
    /// As records of changes name them: nobody else is named so.
    package let signature: String
    package let role: Role

    /// - Parameter signature: Default: the name.
    package init(session: String, name: String, signature: String? = nil, role: Role) {
        (self.session, self.name, self.signature, self.role) = (session, name, signature ?? name, role)
    }

    /// Whether their role has the right.
    package func may(_ right: Right) -> Bool { role >= right.least }

    /// The same person, who may change nothing.
    var onlyLooking: Viewer { Viewer(session: session, name: name, signature: signature, role: .viewer) }
}
