/// What a decoding error carries besides its text.
package struct JSONMismatch: Error {
    /// `an integer`
    package let expected: String
    /// The kind of what is there instead. No data.
    package let kind: String
    /// What is there instead, shortened.
    package let value: String
}
