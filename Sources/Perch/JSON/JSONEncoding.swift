import Foundation

/// Encodes a value into compact JSON: members in the order in which they are encoded, UUIDs in lowercase.
final class JSONEncoding: Encoder {
    /// The value as far as it is known. Containers fill in theirs while others are open, hence the tree.
    enum Value {
        case nothing
        case text([UInt8])
        case object([(key: String, value: JSONEncoding)])
        case array([JSONEncoding])
    }

    var value = Value.nothing
    let codingPath: [any CodingKey]
    var userInfo: [CodingUserInfoKey: Any] { [:] }

    init(codingPath: [any CodingKey]) { self.codingPath = codingPath }

    func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedEncodingContainer<Key> {
        if case .object = value {} else { value = .object([]) }
        return KeyedEncodingContainer(JSONKeyedEncoding<Key>(object: self))
    }

    func unkeyedContainer() -> any UnkeyedEncodingContainer {
        if case .array = value {} else { value = .array([]) }
        return JSONUnkeyedEncoding(array: self)
    }

    func singleValueContainer() -> any SingleValueEncodingContainer { self }

    /// The member of that key, new or emptied.
    func member(_ key: some CodingKey) -> JSONEncoding {
        let member = JSONEncoding(codingPath: codingPath + [key])
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
    func element() -> JSONEncoding {
        let element = JSONEncoding(codingPath: codingPath + [JSONCodingKey(count)])
        guard case .array(var elements) = value else { return element }
        value = .nothing
        elements.append(element)
        value = .array(elements)
        return element
    }

    var count: Int {
        if case .array(let elements) = value { elements.count } else { 0 }
    }

    func write(to json: inout [UInt8]) throws {
        switch value {
        case .nothing:
            json += "{}".utf8
        case .text(let text):
            json += text
        case .object(let members):
            json.append(UInt8(ascii: "{"))
            for (index, member) in members.enumerated() {
                if index > 0 { json.append(UInt8(ascii: ",")) }
                try writeString(member.key, to: &json)
                json.append(UInt8(ascii: ":"))
                try member.value.write(to: &json)
            }
            json.append(UInt8(ascii: "}"))
        case .array(let elements):
            json.append(UInt8(ascii: "["))
            for (index, element) in elements.enumerated() {
                if index > 0 { json.append(UInt8(ascii: ",")) }
                try element.write(to: &json)
            }
            json.append(UInt8(ascii: "]"))
        }
    }

    private func writeString(_ string: String, to json: inout [UInt8]) throws {
        json.append(UInt8(ascii: "\""))
        for byte in string.utf8 {
            switch byte {
            case 0: throw invalid(string, "the character U+0000 is in a string; Postgres cannot keep it")
            case 0x0A: json += "\\n".utf8
            case 0x0D: json += "\\r".utf8
            case 0x09: json += "\\t".utf8
            case 0x01..<0x20: json += "\\u00\(byte < 16 ? "0" : "")\(String(byte, radix: 16))".utf8
            case UInt8(ascii: "\""), UInt8(ascii: "\\"):
                json.append(UInt8(ascii: "\\"))
                json.append(byte)
            default: json.append(byte)
            }
        }
        json.append(UInt8(ascii: "\""))
    }

    private func invalid(_ value: Any, _ message: String) -> EncodingError {
        .invalidValue(value, EncodingError.Context(codingPath: codingPath, debugDescription: message))
    }
}

extension JSONEncoding: SingleValueEncodingContainer {
    func encodeNil() { value = .text(Array("null".utf8)) }
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
        if let id = value as? UUID {
            try encode(id.text)
        } else {
            try value.encode(to: self)
        }
    }

    private func encodeNumber(_ number: some BinaryFloatingPoint & CustomStringConvertible) throws {
        guard number.isFinite else { throw invalid(number, "JSON has no number for \(number)") }
        value = .text(Array(number.description.utf8))
    }
}
