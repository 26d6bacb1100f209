import Perch

/// What may be shown of a value, by all that the contract's versions say of it together.
struct MaskingRules {
    /// Some version calls it private.
    let isPrivate: Bool
    /// An object or an array, whose parts are told apart; all other values are shown whole.
    let isNested: Bool
    /// Of an object.
    let members: [String: MaskingRules]
    /// Of an array: one, or none.
    private let elements: [MaskingRules]

    var items: MaskingRules? { elements.first }

    /// Of an event's data.
    init(versions: [EventVersion]) {
        isPrivate = false
        isNested = true
        members = Self.members(of: versions.flatMap(\.fields))
        elements = []
    }

    private init(_ declarations: [Field]) {
        isPrivate = declarations.contains(where: \.isPrivate)
        isNested = declarations.contains { $0.type == .object || $0.type == .array }
        members = Self.members(of: declarations.flatMap(\.fields))
        let items = declarations.compactMap(\.items)
        elements = items.isEmpty ? [] : [MaskingRules(items)]
    }

    private static func members(of fields: [Field]) -> [String: MaskingRules] {
        Dictionary(grouping: fields, by: \.name).mapValues { MaskingRules($0) }
    }
}
