/// Who looks at a page.
package struct PageViewer: Sendable {
    /// Names the session: for tokens of forms and for streams. Who knows it has nothing.
    package let session: String
    /// Who it is, and what they may: as auth said at most 15 minutes ago.
    package let user: AuthenticatedUser

    /// As pages call them.
    package var name: String { user.name ?? "you" }
}
