/// What a value is called in messages.
extension JSONNode {
    /// The kind without the value.
    package var kindName: String {
        switch kind {
        case .null: "null"
        case .array: "an array"
        case .object: "an object"
        case .integer: "an integer"
        case .true, .false: "a boolean"
        case .decimal: "a decimal"
        case .string, .key: "a string"
        }
    }

    /// The value, shortened.
    package func summary(in text: UnsafeRawBufferPointer) -> String {
        switch kind {
        case .null, .array, .object: kindName
        case .true, .false: lexeme(in: text)
        case .integer: "the integer \(lexeme(in: text).prefix(40))"
        case .decimal: "the decimal \(lexeme(in: text).prefix(40))"
        case .string, .key: "\"\(lexeme(in: text).prefix(60))\(lexeme(in: text).count > 60 ? "…" : "")\""
        }
    }
}
