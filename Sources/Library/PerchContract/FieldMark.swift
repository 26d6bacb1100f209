/// A field that an event has written by name: where its value is, and what is known of it.
struct FieldMark {
    enum Kind: UInt8 {
        case integer, uuid, boolean
        /// A string without escapes.
        case plainString
        case other
    }

    let name: StaticString
    let kind: Kind
    /// The value's bytes, a string with its quotes.
    let start: Int
    let end: Int
    /// Of an integer.
    let integer: Int

    init(_ name: StaticString, _ kind: Kind, from start: Int, to end: Int, integer: Int = 0) {
        self.name = name
        self.kind = kind
        self.start = start
        self.end = end
        self.integer = integer
    }
}
