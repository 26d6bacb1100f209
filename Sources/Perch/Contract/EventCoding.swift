/// How typed events become the `data` of an entry, and back.
///
/// `Codable` decides what is written, or `Event.write(to:)` where a type has one: as with `JSONEncoder`, but members stand in
/// the order in which the type encodes them, UUIDs are in lowercase, and there is no space. `Date` has no form of its own here:
/// declare a time as a type that encodes itself as RFC 3339 text.
public enum EventCoding {
    /// The event as compact JSON in UTF-8. The same event gives the same bytes.
    ///
    /// - Throws: `EncodingError` for what JSON or Postgres cannot hold: a number that is not finite, U+0000 in a
    ///   string, an event that is not an object; and whatever the event's own `encode(to:)` or `write(to:)` throws.
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

/// Encodes events one after the other, with the same memory.
final class EventEncoder {
    private var fields = EventFieldWriter()
    private lazy var encoding = JSONEncoding()

    /// Appends what `EventCoding.encode` returns. Where it throws, what was appended is worth nothing.
    func append(_ event: some Event, to json: inout [UInt8]) throws {
        fields.begin()
        try event.write(to: &fields)
        guard fields.isLeftToEncodable else { return try fields.finish { json.append(contentsOf: $0) } }
        let start = json.count
        try encoding.append(event, to: &json)
        guard start < json.count, json[start] == UInt8(ascii: "{") else {
            let context = EncodingError.Context(
                codingPath: [],
                debugDescription: "an event must be encoded as an object"
            )
            throw EncodingError.invalidValue(event, context)
        }
    }
}
