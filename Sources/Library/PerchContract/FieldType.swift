/// The JSON type of a field.
public struct FieldType: RawRepresentable, Sendable, Hashable, CustomStringConvertible {
    /// As JSON Schema and the contract's files spell it.
    public let rawValue: String
    /// Takes any text; contracts have only the types below.
    public init(rawValue: String) { self.rawValue = rawValue }
    /// As JSON Schema and the contract's files spell it.
    public var description: String { rawValue }

    /// Any text, as far as the format, the allowed values and the limits of the length leave it.
    public static let string = FieldType(rawValue: "string")
    /// A whole number of 64 bits, written without fraction and exponent.
    public static let integer = FieldType(rawValue: "integer")
    /// Any JSON number, whole or not; limits are compared as `Double`.
    public static let number = FieldType(rawValue: "number")
    /// `true` or `false`; neither 0 and 1 nor strings.
    public static let boolean = FieldType(rawValue: "boolean")
    /// A list, each element of which is as `Field.items` says; never `null`.
    public static let array = FieldType(rawValue: "array")
    /// Members with the names and values that `Field.fields` declares, and others, which are skipped.
    public static let object = FieldType(rawValue: "object")

    static let all = [string, integer, number, boolean, array, object]
}
