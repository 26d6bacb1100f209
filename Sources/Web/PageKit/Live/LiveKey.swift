/// Names a value that a page shows and a stream keeps fresh: `accounting/tickets/lag`.
package struct LiveKey: Sendable, Hashable, ExpressibleByStringLiteral, CustomStringConvertible {
    /// The name, as `data-live` has it.
    package let description: String

    /// Any text; whoever makes keys sees to it that they differ.
    package init(_ description: String) { self.description = description }

    /// A name in the source.
    package init(stringLiteral text: String) { description = text }
}
