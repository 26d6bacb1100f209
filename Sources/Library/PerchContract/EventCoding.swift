import StrictJSON

/// How typed events become the `data` of an entry, and back.
///
/// `Codable` decides what is written, or `Event.write(to:)` where a type has one: as with `JSONEncoder`, but members stand in
/// the order in which the type encodes them, UUIDs are in lowercase, and there is no space. A `Date` is RFC 3339 text in UTC with
/// milliseconds, `Decimal` a number with all its digits, `Data` base64, `URL` its text; nil is left out, also within an optional.
public enum EventCoding {
    /// The most bytes that an event's data may have.
    @inlinable package static var dataLimit: Int { 65_536 }

    /// The event as compact JSON in UTF-8. The same event gives the same bytes.
    ///
    /// - Throws: `EncodingError` for what JSON, Postgres or the contract's rules have no form for: a number that is not finite,
    ///   U+0000 in a string, an element of an array that is nil, a `Duration`, a year that RFC 3339 does not have, an event that
    ///   is not an object. `EncodingError` for a member that is given twice and for containers that are filled in turns. Whatever
    ///   the event's own `encode(to:)` or `write(to:)` throws.
    public static func encode(_ event: some Event) throws -> [UInt8] {
        var json: [UInt8] = []
        json.reserveCapacity(256)
        try EventEncoder().append(event, to: &json)
        return json
    }

    /// Reads the `data` of an entry of any version.
    ///
    /// Strict: JSON that readers understand differently is refused (duplicate keys, lone surrogates, bad UTF-8), and so
    /// is an integer written as `1.0`. Members that the type does not know are skipped; `null` for an optional one is
    /// nothing.
    public static func decode<E: Event>(_ type: E.Type = E.self, from json: [UInt8]) throws(UndecodableEvent) -> E {
        let document: JSONDocument
        do {
            document = try JSONDocument(json)
        } catch {
            throw UndecodableEvent(error, type: E.type)
        }
        return try document.read(type)
    }
}
