import FoundationEssentials

/// Encodes a value into compact JSON, in one pass: members in the order in which they are encoded, UUIDs in lowercase.
///
/// Bytes are written as the value gives them, which is right as long as it fills one container after the other. Where it
/// does not, for it asks for a nested container, writes into an outer one while an inner one is open or gives a member twice,
/// what was written is dropped and `JSONTreeEncoding` does it all again.
final class JSONEncoding: Encoder {
    private var writer = JSONWriter()
    private(set) var codingPath: [any CodingKey] = []
    var userInfo: [CodingUserInfoKey: Any] { [:] }

    /// Appends the JSON of a value.
    ///
    /// - Throws: what the value throws; `EncodingError` for a number that is not finite and for U+0000 in a string. What
    ///   was appended is then worth nothing.
    func append(_ value: some Encodable, to json: inout [UInt8]) throws {
        let start = json.count
        writer.reset()
        codingPath.removeAll(keepingCapacity: true)
        swap(&writer.json, &json)
        defer { swap(&writer.json, &json) }
        if !appendUUID(value) { try encodeFramed(value) }
        guard !writer.isInOrder else { return }
        let tree = JSONTreeEncoding(codingPath: [])
        try tree.encode(value)
        writer.json.removeSubrange(start...)
        try tree.write(to: &writer.json)
    }

    // MARK: Containers

    func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedEncodingContainer<Key> {
        KeyedEncodingContainer(JSONKeyedEncoding<Key>(encoding: self, frame: writer.open(.object)))
    }

    func unkeyedContainer() -> any UnkeyedEncodingContainer {
        JSONUnkeyedEncoding(encoding: self, frame: writer.open(.array))
    }

    func singleValueContainer() -> any SingleValueEncodingContainer {
        JSONSingleEncoding(encoding: self, frame: writer.innermost)
    }

    /// Stands in for a container that would be filled in no order that is known.
    func leaveOrder() -> JSONTreeEncoding {
        writer.leaveOrder()
        return JSONTreeEncoding(codingPath: codingPath)
    }

    // MARK: Where a value goes

    /// Whether the member's value is to be written.
    func beginMember(_ name: String, of frame: Int) throws -> Bool {
        switch writer.beginMember(name, of: frame) {
        case .here: return true
        case .elsewhere: return false
        case .nowhere: throw EncodingError.holdsNUL(name, codingPath)
        }
    }

    func beginElement(of frame: Int) -> Bool { writer.beginElement(of: frame) }
    func beginValue(of frame: Int) -> Bool { writer.beginValue(of: frame) }
    func count(of frame: Int) -> Int { writer.count(of: frame) }

    // MARK: Values

    func append(text: String) { writer.append(text: text) }
    func append(_ integer: some FixedWidthInteger) { writer.append(integer) }

    /// - Parameter key: of the member or element that it is; nil for a single value.
    func append(_ string: String, at key: (any CodingKey)?) throws {
        guard writer.append(string) else { throw EncodingError.holdsNUL(string, path(key)) }
    }

    func append(_ number: some BinaryFloatingPoint & CustomStringConvertible, at key: (any CodingKey)?) throws {
        guard number.isFinite else {
            writer.leaveOrder()
            throw EncodingError.isNotFinite(number, path(key))
        }
        writer.append(text: number.description)
    }

    private func path(_ key: (any CodingKey)?) -> [any CodingKey] {
        codingPath + (key.map { [$0] } ?? [])
    }

    /// A value within this one.
    func encode(_ value: some Encodable, at key: some CodingKey) throws {
        if appendUUID(value) { return }
        codingPath.append(key)
        defer { codingPath.removeLast() }
        try encodeFramed(value)
    }

    /// The value that a frame is.
    func encode(_ value: some Encodable, as frame: Int) throws {
        if type(of: value) == UUID.self {
            if beginValue(of: frame) { _ = appendUUID(value) }
        } else if writer.isInOrder, writer.innermost == frame {
            try value.encode(to: self)
        } else {
            writer.leaveOrder()
        }
    }

    private func appendUUID<T>(_ value: T) -> Bool {
        guard T.self == UUID.self, let id = value as? UUID else { return false }
        withUnsafeBytes(of: id.uuid) { writer.appendQuoted(uuid: $0) }
        return true
    }

    private func encodeFramed(_ value: some Encodable) throws {
        writer.beginFrame()
        do {
            try value.encode(to: self)
        } catch {
            // Whoever catches it goes on with a value that is half written.
            writer.leaveOrder()
            writer.endFrame()
            throw error
        }
        writer.endFrame()
    }
}

extension EncodingError {
    static func holdsNUL(_ string: String, _ path: [any CodingKey]) -> EncodingError {
        invalid(string, path, "the character U+0000 is in a string; Postgres cannot keep it")
    }

    static func isNotFinite(_ number: any CustomStringConvertible, _ path: [any CodingKey]) -> EncodingError {
        invalid(number, path, "JSON has no number for \(number)")
    }

    private static func invalid(_ value: Any, _ path: [any CodingKey], _ message: String) -> EncodingError {
        .invalidValue(value, Context(codingPath: path, debugDescription: message))
    }
}
