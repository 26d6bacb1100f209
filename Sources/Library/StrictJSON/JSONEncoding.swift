import FoundationEssentials

/// Encodes a value into compact JSON, in one pass: members in the order in which they are encoded, UUIDs in lowercase.
///
/// Bytes are written as the value gives them, which is right as long as it fills one container after the other. Where it
/// does not, for it asks for a nested container, writes into an outer one while an inner one is open or gives a member twice,
/// what was written is dropped and `JSONTreeEncoding` does it all again.
package final class JSONEncoding: Encoder {
    private var writer = JSONWriter()
    package private(set) var codingPath: [any CodingKey] = []
    /// Whether a member that is nil is left out, and an element that is nil an error: events have no null.
    private let leavesNullsOut: Bool
    package var userInfo: [CodingUserInfoKey: Any] { [:] }

    package init(leavesNullsOut: Bool = false) { self.leavesNullsOut = leavesNullsOut }

    /// Appends the JSON of a value; nothing for a null that is left out.
    ///
    /// - Throws: what the value throws; `EncodingError` for a number that is not finite and for U+0000 in a string. What
    ///   was appended is then worth nothing.
    package func append(_ value: some Encodable, to json: inout [UInt8]) throws {
        let start = json.count
        writer.reset()
        codingPath.removeAll(keepingCapacity: true)
        swap(&writer.json, &json)
        defer { swap(&writer.json, &json) }
        if try !appendWhole(value, at: nil) { _ = try encodeFramed(value) }
        guard !writer.isInOrder else { return }
        let tree = JSONTreeEncoding(codingPath: [])
        try tree.encode(value)
        writer.json.removeSubrange(start...)
        try tree.write(to: &writer.json, leavesNullsOut: leavesNullsOut)
    }

    // MARK: Containers

    package func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedEncodingContainer<Key> {
        KeyedEncodingContainer(JSONKeyedEncoding<Key>(encoding: self, frame: writer.open(.object)))
    }

    package func unkeyedContainer() -> any UnkeyedEncodingContainer {
        JSONUnkeyedEncoding(encoding: self, frame: writer.open(.array))
    }

    package func singleValueContainer() -> any SingleValueEncodingContainer {
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

    /// Where a member begins that may have to be taken back.
    var place: Int { writer.json.count }

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

    // MARK: Nulls

    /// A member that is nil.
    func appendNull(_ name: String, of frame: Int) throws {
        if !leavesNullsOut, try beginMember(name, of: frame) { writer.append(text: "null") }
    }

    /// An element that is nil.
    func appendNullElement(of frame: Int) throws {
        guard !leavesNullsOut else {
            let path = path(JSONCodingKey(count(of: frame)))
            writer.leaveOrder()
            throw EncodingError.isNullElement(path)
        }
        if beginElement(of: frame) { writer.append(text: "null") }
    }

    /// The value that a frame is is nil.
    func appendNull(as frame: Int) {
        if leavesNullsOut {
            _ = writer.beginValue(of: frame, as: .null)
        } else if writer.beginValue(of: frame) {
            writer.append(text: "null")
        }
    }

    // MARK: Values within this one

    /// A member, which begins at `start`.
    func encode(_ value: some Encodable, at key: some CodingKey, from start: Int) throws {
        if try encode(value, at: key) { writer.takeBackMember(from: start) }
    }

    /// An element.
    func encodeElement(_ value: some Encodable, at key: JSONCodingKey) throws {
        guard try !encode(value, at: key) else {
            writer.leaveOrder()
            throw EncodingError.isNullElement(path(key))
        }
    }

    /// Whether it is a null that is left out.
    private func encode(_ value: some Encodable, at key: some CodingKey) throws -> Bool {
        if try appendWhole(value, at: key) { return false }
        codingPath.append(key)
        defer { codingPath.removeLast() }
        return try encodeFramed(value)
    }

    /// The value that a frame is.
    func encode<T: Encodable>(_ value: T, as frame: Int) throws {
        if KnownValue.isKnown(T.self) {
            if writer.beginValue(of: frame) { _ = try appendWhole(value, at: nil) }
        } else if writer.isInOrder, writer.innermost == frame {
            try value.encode(to: self)
        } else {
            writer.leaveOrder()
        }
    }

    /// False: it is of a type that encodes itself.
    private func appendWhole<T>(_ value: T, at key: (any CodingKey)?) throws -> Bool {
        if T.self == UUID.self, let id = value as? UUID {
            withUnsafeBytes(of: id.uuid) { writer.appendQuoted(uuid: $0) }
            return true
        }
        guard KnownValue.isKnown(T.self) else { return false }
        do {
            switch try KnownValue(value, path(key)) {
            case .string(let text): _ = writer.append(text)
            case .number(let text): writer.append(text: text)
            }
        } catch {
            writer.leaveOrder()
            throw error
        }
        return true
    }

    private func encodeFramed(_ value: some Encodable) throws -> Bool {
        writer.beginFrame()
        do {
            try value.encode(to: self)
        } catch {
            // Whoever catches it goes on with a value that is half written.
            writer.leaveOrder()
            _ = writer.endFrame()
            throw error
        }
        return writer.endFrame()
    }
}

extension EncodingError {
    package static func holdsNUL(_ string: String, _ path: [any CodingKey]) -> EncodingError {
        invalid(string, path, "the character U+0000 is in a string; Postgres cannot keep it")
    }

    package static func isNotFinite(_ number: any CustomStringConvertible, _ path: [any CodingKey]) -> EncodingError {
        invalid(number, path, "JSON has no number for \(number)")
    }

    package static func isNullElement(_ path: [any CodingKey]) -> EncodingError {
        invalid(Optional<Int>.none as Any, path, "an element of an array is nil; an event has no null")
    }

    package static func invalid(_ value: Any, _ path: [any CodingKey], _ message: String) -> EncodingError {
        .invalidValue(value, Context(codingPath: path, debugDescription: message))
    }
}
