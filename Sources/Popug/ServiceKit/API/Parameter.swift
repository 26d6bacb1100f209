public import Foundation
import Perch
public import Postgres

/// A value that stands in the path or the query of a request.
public struct Parameter<Value: Sendable>: Sendable {
    /// How it is called and what it may be: what a call lists among its parameters.
    public let description: ParameterDescription
    let expectation: String
    let read: @Sendable (String) -> Value?

    /// - Parameter expectation: What a value must be, after the word "expected". Default: what its schema says.
    init(
        _ description: ParameterDescription,
        expectation: String? = nil,
        read: @escaping @Sendable (String) -> Value?
    ) {
        self.description = description
        self.expectation = expectation ?? description.schema.expectation
        self.read = read
    }

    /// The same, and a request without it is refused. Those of the path are there anyway.
    public var required: Parameter {
        var description = description
        description.isRequired = true
        return Parameter(description, expectation: expectation, read: read)
    }
}

/// A parameter without its type.
public struct ParameterDescription: Sendable, Hashable {
    enum Place: String { case path, query }

    let name: String
    let place: Place
    let schema: Schema
    let note: String
    let standard: String?
    var isRequired = false
}

extension Parameter where Value == UUID {
    /// A segment of the path: `{ticket_id}`.
    public static func path(_ name: String, _ note: String) -> Parameter {
        Parameter(ParameterDescription(name: name, place: .path, schema: .id, note: note, standard: nil)) {
            UUID(uuidString: $0)
        }
    }
}

extension Parameter where Value == CalendarDate {
    /// A segment of the path: `{day}`.
    public static func path(_ name: String, _ note: String) -> Parameter {
        Parameter(ParameterDescription(name: name, place: .path, schema: .day, note: note, standard: nil)) {
            CalendarDate($0)
        }
    }

    /// `?from=2026-11-22`
    public static func query(_ name: String, _ note: String) -> Parameter {
        Parameter(ParameterDescription(name: name, place: .query, schema: .day, note: note, standard: nil)) {
            CalendarDate($0)
        }
    }
}

extension Parameter where Value == String {
    /// A text; `schema` says which.
    public static func query(_ name: String, _ schema: Schema = .string(), _ note: String) -> Parameter {
        Parameter(ParameterDescription(name: name, place: .query, schema: schema, note: note, standard: nil)) { $0 }
    }
}

extension Parameter {
    /// A text that a service reads in a way of its own.
    public static func query(
        _ name: String,
        _ schema: Schema,
        _ note: String,
        read: @escaping @Sendable (String) -> Value?
    ) -> Parameter {
        Parameter(
            ParameterDescription(name: name, place: .query, schema: schema, note: note, standard: nil),
            read: read
        )
    }
}

extension Parameter where Value: RawRepresentable<String> & CaseIterable {
    /// One of the values of an enumeration.
    public static func query(_ name: String, _ note: String) -> Parameter {
        Parameter(
            ParameterDescription(name: name, place: .query, schema: .oneOf(Value.self), note: note, standard: nil)
        ) { Value(rawValue: $0) }
    }
}

extension Parameter where Value == Int {
    /// `?limit=50`: how many items a page has at most.
    public static let limit = Parameter(
        ParameterDescription(
            name: "limit",
            place: .query,
            schema: .integer(in: 1...200),
            note: "How many items at most.",
            standard: "50"
        )
    ) { Int($0) }
}

extension Parameter where Value == Cursor {
    /// `?cursor=…`: where the page begins, as the page before said.
    public static let cursor = Parameter(
        ParameterDescription(
            name: "cursor",
            place: .query,
            schema: .string(length: 1...512),
            note: "Where the page begins: next_cursor of the page before.",
            standard: nil
        ),
        expectation: "next_cursor of a page of this list"
    ) { Cursor(token: $0) }
}
