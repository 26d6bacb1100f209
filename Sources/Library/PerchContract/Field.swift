/// One field of an event, or of an object in one: a subset of JSON Schema.
public struct Field: Sendable, Hashable {
    /// The member of the JSON object, such as `ticket_id`.
    public let name: String
    /// For people; empty if none is given.
    public let description: String
    /// The type of the JSON value, which is never `null`.
    public let type: FieldType
    /// What a string must look like; nil is anything.
    public let format: FieldFormat?
    /// The strings that are allowed (`enum`); nil is all.
    public let allowed: [String]?
    /// Whether every event has the field. A field that is not required can be left out; it is never `null`.
    public let isRequired: Bool
    /// Whether its values are private (`private`): not for everybody who looks at events. It is a note for people and tools; neither
    /// checking nor compatibility looks at it. In a private object or array everything is private.
    public let isPrivate: Bool
    /// The least number, itself allowed; nil is no limit.
    public let minimum: Int64?
    /// The greatest number, itself allowed; nil is no limit.
    public let maximum: Int64?
    /// The least length of a string, in Unicode scalars as JSON Schema and Postgres count; nil is no limit.
    public let minLength: Int?
    /// The greatest length of a string, in Unicode scalars; nil is no limit.
    public let maxLength: Int?
    /// The least number of elements of an array; nil is no limit.
    public let minItems: Int?
    /// The greatest number of elements of an array; nil is no limit.
    public let maxItems: Int?
    /// The members of an object, in the order of the file; empty for another type. Members of an event that are not among them are skipped.
    public let fields: [Field]
    /// What each element of an array is; nil for another type. Its own name is `items`.
    public var items: Field? { elements.first }

    /// At most one. It is an array since a struct cannot hold a value of its own type directly.
    private let elements: [Field]

    /// How deep arrays and objects of a field may lie within one another. The JSON of an event may be nested 32 deep.
    public static let depthLimit = 8

    package init(
        name: String,
        description: String = "",
        type: FieldType,
        format: FieldFormat? = nil,
        allowed: [String]? = nil,
        isRequired: Bool = true,
        isPrivate: Bool = false,
        minimum: Int64? = nil,
        maximum: Int64? = nil,
        minLength: Int? = nil,
        maxLength: Int? = nil,
        minItems: Int? = nil,
        maxItems: Int? = nil,
        fields: [Field] = [],
        items: Field? = nil
    ) {
        self.name = name
        self.description = description
        self.type = type
        self.format = format
        self.allowed = allowed
        self.isRequired = isRequired
        self.isPrivate = isPrivate
        self.minimum = minimum
        self.maximum = maximum
        self.minLength = minLength
        self.maxLength = maxLength
        self.minItems = minItems
        self.maxItems = maxItems
        self.fields = fields
        elements = items.map { [$0] } ?? []
    }

    /// The field of an object that has this name; nil if it is not declared.
    public func field(_ name: String) -> Field? { fields.first { $0.name == name } }

    /// What it is, in a word or two: `uuid`, `integer`, `array of object`.
    public var kind: String {
        items.map { "\(type) of \($0.kind)" } ?? format?.rawValue ?? type.rawValue
    }
}
