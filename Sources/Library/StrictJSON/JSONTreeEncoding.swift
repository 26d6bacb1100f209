import Foundation

/// Encodes what `JSONEncoding` cannot: a value whose containers are filled in turns, or that gives a member twice.
final class JSONTreeEncoding: Encoder {
    /// The value as far as it is known. Containers fill in theirs while others are open, hence the tree.
    enum Value {
        case nothing
        case null
        case text([UInt8])
        case object([(key: String, value: JSONTreeEncoding)])
        case array([JSONTreeEncoding])
    }

    var value = Value.nothing
    let codingPath: [any CodingKey]
    var userInfo: [CodingUserInfoKey: Any] { [:] }

    init(codingPath: [any CodingKey]) { self.codingPath = codingPath }

    func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedEncodingContainer<Key> {
        if case .object = value {} else { value = .object([]) }
        return KeyedEncodingContainer(JSONKeyedTreeEncoding<Key>(object: self))
    }

    func unkeyedContainer() -> any UnkeyedEncodingContainer {
        if case .array = value {} else { value = .array([]) }
        return JSONUnkeyedTreeEncoding(array: self)
    }

    func singleValueContainer() -> any SingleValueEncodingContainer { self }

    /// The member of that key, new or emptied.
    func member(_ key: some CodingKey) -> JSONTreeEncoding {
        let member = JSONTreeEncoding(codingPath: codingPath + [key])
        guard case .object(var members) = value else { return member }
        value = .nothing
        if let index = members.firstIndex(where: { $0.key == key.stringValue }) {
            members[index].value = member
        } else {
            members.append((key.stringValue, member))
        }
        value = .object(members)
        return member
    }

    /// One more element.
    func element() -> JSONTreeEncoding {
        let element = JSONTreeEncoding(codingPath: codingPath + [JSONCodingKey(count)])
        guard case .array(var elements) = value else { return element }
        value = .nothing
        elements.append(element)
        value = .array(elements)
        return element
    }

    var count: Int {
        if case .array(let elements) = value { elements.count } else { 0 }
    }

    /// - Parameter leavesNullsOut: Then a member that is nil is left out, and an element that is nil is an error.
    func write(to json: inout [UInt8], leavesNullsOut: Bool) throws {
        switch value {
        case .nothing:
            json += "{}".utf8
        case .null:
            if !leavesNullsOut { json += "null".utf8 }
        case .text(let text):
            json += text
        case .object(let members):
            json.append(UInt8(ascii: "{"))
            let written = leavesNullsOut ? members.filter { !$0.value.isNull } : members
            for (index, member) in written.enumerated() {
                if index > 0 { json.append(UInt8(ascii: ",")) }
                try writeString(member.key, to: &json)
                json.append(UInt8(ascii: ":"))
                try member.value.write(to: &json, leavesNullsOut: leavesNullsOut)
            }
            json.append(UInt8(ascii: "}"))
        case .array(let elements):
            json.append(UInt8(ascii: "["))
            for (index, element) in elements.enumerated() {
                if index > 0 { json.append(UInt8(ascii: ",")) }
                guard !leavesNullsOut || !element.isNull else { throw EncodingError.isNullElement(element.codingPath) }
                try element.write(to: &json, leavesNullsOut: leavesNullsOut)
            }
            json.append(UInt8(ascii: "]"))
        }
    }

    private var isNull: Bool {
        if case .null = value { true } else { false }
    }

    private func writeString(_ string: String, to json: inout [UInt8]) throws {
        guard json.appendJSON(string) else { throw EncodingError.holdsNUL(string, codingPath) }
    }
}

extension JSONTreeEncoding: SingleValueEncodingContainer {
    func encodeNil() { value = .null }
    func encode(_ boolean: Bool) { value = .text(Array((boolean ? "true" : "false").utf8)) }

    func encode(_ string: String) throws {
        var text: [UInt8] = []
        text.reserveCapacity(string.utf8.count + 2)
        try writeString(string, to: &text)
        value = .text(text)
    }

    func encode(_ number: Double) throws { try encodeNumber(number) }
    func encode(_ number: Float) throws { try encodeNumber(number) }
    func encode(_ integer: Int) { value = .text(Array(String(integer).utf8)) }
    func encode(_ integer: Int8) { value = .text(Array(String(integer).utf8)) }
    func encode(_ integer: Int16) { value = .text(Array(String(integer).utf8)) }
    func encode(_ integer: Int32) { value = .text(Array(String(integer).utf8)) }
    func encode(_ integer: Int64) { value = .text(Array(String(integer).utf8)) }
    func encode(_ integer: UInt) { value = .text(Array(String(integer).utf8)) }
    func encode(_ integer: UInt8) { value = .text(Array(String(integer).utf8)) }
    func encode(_ integer: UInt16) { value = .text(Array(String(integer).utf8)) }
    func encode(_ integer: UInt32) { value = .text(Array(String(integer).utf8)) }
    func encode(_ integer: UInt64) { value = .text(Array(String(integer).utf8)) }

    func encode<T: Encodable>(_ value: T) throws {
        guard KnownValue.isKnown(T.self) else { return try value.encode(to: self) }
        switch try KnownValue(value, codingPath) {
        case .string(let text): try encode(text)
        case .number(let text): self.value = .text(Array(text.utf8))
        }
    }

    private func encodeNumber(_ number: some BinaryFloatingPoint & CustomStringConvertible) throws {
        guard number.isFinite else { throw EncodingError.isNotFinite(number, codingPath) }
        value = .text(Array(number.description.utf8))
    }
}
