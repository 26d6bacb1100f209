/// One version of an event. It has all fields of the version before, unchanged, and adds some.
public struct EventVersion: Sendable, Hashable {
    /// What a number can be: that of Postgres' `int`.
    package static let numbers = 1...Int(Int32.max)

    /// From 1.
    public let number: Int
    /// For people; empty if none is given.
    public let description: String
    /// The fields, in the order of the file.
    public let fields: [Field]

    package init(number: Int, description: String = "", fields: [Field]) {
        self.number = number
        self.description = description
        self.fields = fields
    }

    /// The field of that name; nil if it is not declared.
    public func field(_ name: String) -> Field? {
        fields.first { $0.name == name }
    }
}
