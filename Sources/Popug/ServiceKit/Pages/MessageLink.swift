package import PageKit

/// Where a message leads: one link behind its words.
package struct MessageLink: Sendable, Hashable {
    /// `see it`
    package let words: String
    /// A page of ours, or of another program.
    package let target: LinkTarget

    /// Nil where there is no such page, such as that of a program which has none.
    package init?(_ words: String, to target: LinkTarget?) {
        guard let target else { return nil }
        (self.words, self.target) = (words, target)
    }
}
