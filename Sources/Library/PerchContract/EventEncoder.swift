import StrictJSON

/// Encodes events one after the other, with the same memory.
package final class EventEncoder {
    private var fields = EventFieldWriter()
    private lazy var encoding = JSONEncoding(leavesNullsOut: true)
    private var reader: JSONReader?

    package init() {}

    /// Appends what `EventCoding.encode` returns. Where it throws, what was appended is worth nothing.
    package func append(_ event: some Event, to json: inout [UInt8]) throws {
        _ = try write(event, to: &json)
    }

    /// The same of an event that has to be as declared.
    ///
    /// - Parameter version: What is declared; nil: it is not looked at.
    /// - Throws: also `UndeclaredEvent`.
    package func append<E: Event>(_ event: E, key: String, to json: inout [UInt8], as version: VersionChecks?) throws {
        guard let version else { return try append(event, to: &json) }
        let start = json.count
        let isByFields = try write(event, to: &json)
        var key = key
        let violations = key.withUTF8 { key in
            let key = UnsafeRawBufferPointer(key)
            // What was written by name has been looked at on the way, nearly always.
            if isByFields, fields.isSurelyAsDeclared(by: version, key: key) { return [] as [Violation] }
            return json.withUnsafeBytes {
                self.violations(of: UnsafeRawBufferPointer(rebasing: $0[start...]), key: key, by: version)
            }
        }
        guard violations.isEmpty else {
            throw UndeclaredEvent(topic: E.topic, type: E.type, version: version.number, violations: violations)
        }
    }

    /// Whether it has written its fields by name.
    private func write(_ event: some Event, to json: inout [UInt8]) throws -> Bool {
        fields.begin()
        try event.write(to: &fields)
        guard fields.isLeftToEncodable else {
            try fields.finish { json.append(contentsOf: $0) }
            return true
        }
        let start = json.count
        try encoding.append(event, to: &json)
        guard start < json.count, json[start] == UInt8(ascii: "{") else {
            let context = EncodingError.Context(
                codingPath: [],
                debugDescription: "an event must be encoded as an object"
            )
            throw EncodingError.invalidValue(event, context)
        }
        return false
    }

    private func violations(
        of data: UnsafeRawBufferPointer,
        key: UnsafeRawBufferPointer,
        by version: VersionChecks
    ) -> [Violation] {
        var reader = self.reader.take() ?? JSONReader()
        let violations = version.violations(key: key, data: data, reader: &reader)
        self.reader = consume reader
        return violations
    }
}
