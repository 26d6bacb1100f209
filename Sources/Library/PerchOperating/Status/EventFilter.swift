package import Perch
import StrictJSON

/// Which events of a topic are wanted: all conditions must hold.
package struct EventFilter: Sendable, Hashable {
    /// A member of an event's data, and its value as it is written; a text without its quotes.
    package struct FieldValue: Sendable, Hashable {
        let name: String
        let value: String

        /// - Parameter value: `12.50`, `open`, `true`.
        package init(name: String, value: String) { (self.name, self.value) = (name, value) }
    }

    private let types: Set<EventType>
    private let key: String?
    private let fields: [FieldValue]

    /// - Parameters:
    ///   - types: One of these; empty: any.
    ///   - key: This one; nil: any.
    ///   - fields: All of these.
    package init(types: Set<EventType> = [], key: String? = nil, fields: [FieldValue] = []) {
        (self.types, self.key, self.fields) = (types, key, fields)
    }

    /// Whether it has any condition.
    package var isEmpty: Bool { types.isEmpty && key == nil && fields.isEmpty }

    /// Whether all conditions hold; a foreign entry, which has no envelope, is wanted where there are none.
    package func matches(_ envelope: Envelope?) -> Bool {
        guard let envelope else { return isEmpty }
        if !types.isEmpty, !types.contains(envelope.type) { return false }
        if let key, envelope.subject != key { return false }
        guard !fields.isEmpty else { return true }
        guard let data = try? JSONDocument(envelope.data).root else { return false }
        return fields.allSatisfy { field in
            guard let found = data[field.name] else { return false }
            return (found.string ?? found.lexeme) == field.value
        }
    }
}
