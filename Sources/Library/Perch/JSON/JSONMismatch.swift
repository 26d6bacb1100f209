/// What a decoding error carries besides its text.
struct JSONMismatch: Error {
    /// `an integer`
    let expected: String
    /// The kind of what is there instead. No data.
    let kind: String
    /// What is there instead, shortened.
    let value: String
}
