/// The members of an object that is being encoded.
struct JSONKeyedEncoding<Key: CodingKey>: KeyedEncodingContainerProtocol {
    let encoding: JSONEncoding
    let frame: Int
    var codingPath: [any CodingKey] { encoding.codingPath }

    func encodeNil(forKey key: Key) throws { try encoding.appendNull(key.stringValue, of: frame) }
    func encode(_ value: Bool, forKey key: Key) throws {
        if try begin(key) { encoding.append(text: value ? "true" : "false") }
    }
    func encode(_ value: String, forKey key: Key) throws { if try begin(key) { try encoding.append(value, at: key) } }
    func encode(_ value: Double, forKey key: Key) throws { if try begin(key) { try encoding.append(value, at: key) } }
    func encode(_ value: Float, forKey key: Key) throws { if try begin(key) { try encoding.append(value, at: key) } }
    func encode(_ value: Int, forKey key: Key) throws { if try begin(key) { encoding.append(value) } }
    func encode(_ value: Int8, forKey key: Key) throws { if try begin(key) { encoding.append(value) } }
    func encode(_ value: Int16, forKey key: Key) throws { if try begin(key) { encoding.append(value) } }
    func encode(_ value: Int32, forKey key: Key) throws { if try begin(key) { encoding.append(value) } }
    func encode(_ value: Int64, forKey key: Key) throws { if try begin(key) { encoding.append(value) } }
    func encode(_ value: UInt, forKey key: Key) throws { if try begin(key) { encoding.append(value) } }
    func encode(_ value: UInt8, forKey key: Key) throws { if try begin(key) { encoding.append(value) } }
    func encode(_ value: UInt16, forKey key: Key) throws { if try begin(key) { encoding.append(value) } }
    func encode(_ value: UInt32, forKey key: Key) throws { if try begin(key) { encoding.append(value) } }
    func encode(_ value: UInt64, forKey key: Key) throws { if try begin(key) { encoding.append(value) } }
    func encode<T: Encodable>(_ value: T, forKey key: Key) throws {
        let start = encoding.place
        if try begin(key) { try encoding.encode(value, at: key, from: start) }
    }

    private func begin(_ key: Key) throws -> Bool { try encoding.beginMember(key.stringValue, of: frame) }

    func nestedContainer<NestedKey: CodingKey>(
        keyedBy type: NestedKey.Type,
        forKey key: Key
    ) -> KeyedEncodingContainer<NestedKey> {
        encoding.leaveOrder().container(keyedBy: type)
    }

    func nestedUnkeyedContainer(forKey key: Key) -> any UnkeyedEncodingContainer {
        encoding.leaveOrder().unkeyedContainer()
    }
    func superEncoder() -> any Encoder { encoding.leaveOrder() }
    func superEncoder(forKey key: Key) -> any Encoder { encoding.leaveOrder() }
}

/// The elements of an array that is being encoded.
struct JSONUnkeyedEncoding: UnkeyedEncodingContainer {
    let encoding: JSONEncoding
    let frame: Int
    var codingPath: [any CodingKey] { encoding.codingPath }
    var count: Int { encoding.count(of: frame) }

    func encodeNil() throws { try encoding.appendNullElement(of: frame) }
    func encode(_ value: Bool) { if begin() { encoding.append(text: value ? "true" : "false") } }
    func encode(_ value: String) throws { if begin() { try encoding.append(value, at: key) } }
    func encode(_ value: Double) throws { if begin() { try encoding.append(value, at: key) } }
    func encode(_ value: Float) throws { if begin() { try encoding.append(value, at: key) } }
    func encode(_ value: Int) { if begin() { encoding.append(value) } }
    func encode(_ value: Int8) { if begin() { encoding.append(value) } }
    func encode(_ value: Int16) { if begin() { encoding.append(value) } }
    func encode(_ value: Int32) { if begin() { encoding.append(value) } }
    func encode(_ value: Int64) { if begin() { encoding.append(value) } }
    func encode(_ value: UInt) { if begin() { encoding.append(value) } }
    func encode(_ value: UInt8) { if begin() { encoding.append(value) } }
    func encode(_ value: UInt16) { if begin() { encoding.append(value) } }
    func encode(_ value: UInt32) { if begin() { encoding.append(value) } }
    func encode(_ value: UInt64) { if begin() { encoding.append(value) } }
    func encode<T: Encodable>(_ value: T) throws { if begin() { try encoding.encodeElement(value, at: key) } }

    private func begin() -> Bool { encoding.beginElement(of: frame) }
    /// Of the element that was begun.
    private var key: JSONCodingKey { JSONCodingKey(count - 1) }

    func nestedContainer<NestedKey: CodingKey>(keyedBy type: NestedKey.Type) -> KeyedEncodingContainer<NestedKey> {
        encoding.leaveOrder().container(keyedBy: type)
    }

    func nestedUnkeyedContainer() -> any UnkeyedEncodingContainer { encoding.leaveOrder().unkeyedContainer() }
    func superEncoder() -> any Encoder { encoding.leaveOrder() }
}

/// A value that is neither object nor array, or is encoded as another one.
struct JSONSingleEncoding: SingleValueEncodingContainer {
    let encoding: JSONEncoding
    let frame: Int
    var codingPath: [any CodingKey] { encoding.codingPath }

    func encodeNil() { encoding.appendNull(as: frame) }
    func encode(_ value: Bool) { if begin() { encoding.append(text: value ? "true" : "false") } }
    func encode(_ value: String) throws { if begin() { try encoding.append(value, at: nil) } }
    func encode(_ value: Double) throws { if begin() { try encoding.append(value, at: nil) } }
    func encode(_ value: Float) throws { if begin() { try encoding.append(value, at: nil) } }
    func encode(_ value: Int) { if begin() { encoding.append(value) } }
    func encode(_ value: Int8) { if begin() { encoding.append(value) } }
    func encode(_ value: Int16) { if begin() { encoding.append(value) } }
    func encode(_ value: Int32) { if begin() { encoding.append(value) } }
    func encode(_ value: Int64) { if begin() { encoding.append(value) } }
    func encode(_ value: UInt) { if begin() { encoding.append(value) } }
    func encode(_ value: UInt8) { if begin() { encoding.append(value) } }
    func encode(_ value: UInt16) { if begin() { encoding.append(value) } }
    func encode(_ value: UInt32) { if begin() { encoding.append(value) } }
    func encode(_ value: UInt64) { if begin() { encoding.append(value) } }
    func encode<T: Encodable>(_ value: T) throws { try encoding.encode(value, as: frame) }

    private func begin() -> Bool { encoding.beginValue(of: frame) }
}
