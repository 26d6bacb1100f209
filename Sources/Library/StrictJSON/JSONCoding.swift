/// Any value as strict JSON, and back: what `EventCoding` is for events.
package enum JSONCoding {
    /// Compact JSON in UTF-8: members in the order in which the type encodes them, UUIDs in lowercase.
    ///
    /// - Throws: `EncodingError` for what JSON or Postgres cannot hold: a number that is not finite, U+0000 in a string.
    package static func encode(_ value: some Encodable) throws -> [UInt8] {
        var json: [UInt8] = []
        json.reserveCapacity(256)
        try JSONEncoding().append(value, to: &json)
        return json
    }

    /// Reads a value of a document that has been read strictly.
    package static func decode<T: Decodable>(_ type: T.Type = T.self, from value: JSONValue) throws -> T {
        try JSONDecoding(value: value, codingPath: []).decode(type)
    }
}
