public import Foundation
import HTTPKit

/// A page of a list. It encodes as `{"items": […], "next_cursor": "…"}`.
public struct CursorPage<Item: Encodable & Sendable>: Encodable, Sendable {
    /// In the list's order.
    public let items: [Item]
    /// Where the next page begins; nil on the last.
    public let nextCursor: String?

    /// - Parameters:
    ///   - rows: What follows the request's cursor: one more than `limit`, where there is one more.
    ///   - cursor: What tells an item's place in the list's order.
    public init(_ rows: [Item], limit: Int, cursor: (Item) -> Cursor) {
        items = Array(rows.prefix(limit))
        nextCursor = rows.count > limit ? items.last.map { cursor($0).token } : nil
    }

    enum CodingKeys: String, CodingKey {
        case items
        case nextCursor = "next_cursor"
    }
}

/// A place in a list: the values of the columns that the list is ordered by. Opaque to clients, who can forge one: it is
/// read as untrusted input, and only ever moves what they may see anyway.
public struct Cursor: Sendable, Hashable {
    /// In the order of the columns.
    public let values: [String]

    /// - Parameter values: In the order of the columns.
    public init(_ values: String...) { self.values = values }

    /// Reads what a client sent; nil if it is none of ours.
    init?(token: String) {
        guard let bytes = Base64URL.decode(token), let text = String(validating: bytes, as: UTF8.self),
            text.hasPrefix("1\u{1F}"), !text.contains("\0")
        else { return nil }
        values = text.split(separator: "\u{1F}", omittingEmptySubsequences: false).dropFirst().map(String.init)
    }

    /// What clients see: base64url.
    var token: String { Base64URL.encode((["1"] + values).joined(separator: "\u{1F}").utf8) }

    /// The values as these types.
    ///
    /// - Throws: `Problem` where they are others: the cursor is of another list.
    public func decoded<each T: LosslessStringConvertible>(as types: repeat (each T).Type) throws -> (repeat each T) {
        var rest = values[...]
        func next<V: LosslessStringConvertible>(_ type: V.Type) throws -> V {
            guard let text = rest.popFirst(), let value = V(text) else { throw Self.foreign }
            return value
        }
        let decoded = (repeat try next((each T).self))
        guard rest.isEmpty else { throw Self.foreign }
        return decoded
    }

    private static let foreign = Problem.invalid("cursor", "expected next_cursor of a page of this list")
}

extension UUID: @retroactive LosslessStringConvertible {
    /// Reads the 36 characters.
    public init?(_ description: String) { self.init(uuidString: description) }
}
