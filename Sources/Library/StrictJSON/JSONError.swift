/// What is wrong with a JSON text, and where.
package struct JSONError: Error, Hashable, Sendable, CustomStringConvertible {
    /// Where in the text, in bytes from 0.
    package let offset: Int
    /// What is wrong, without the text itself: `expected a value, found the end`.
    package let message: String

    package var description: String { "not valid JSON at byte \(offset): \(message)" }
}
