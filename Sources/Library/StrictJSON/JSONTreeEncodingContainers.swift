/// The members of an object that is being encoded.
struct JSONKeyedTreeEncoding<Key: CodingKey>: KeyedEncodingContainerProtocol {
    let object: JSONTreeEncoding
    var codingPath: [any CodingKey] { object.codingPath }

    func encodeNil(forKey key: Key) { object.member(key).encodeNil() }
    func encode(_ value: Bool, forKey key: Key) { object.member(key).encode(value) }
    func encode(_ value: String, forKey key: Key) throws { try object.member(key).encode(value) }
    func encode(_ value: Double, forKey key: Key) throws { try object.member(key).encode(value) }
    func encode(_ value: Float, forKey key: Key) throws { try object.member(key).encode(value) }
    func encode(_ value: Int, forKey key: Key) { object.member(key).encode(value) }
    func encode(_ value: Int8, forKey key: Key) { object.member(key).encode(value) }
    func encode(_ value: Int16, forKey key: Key) { object.member(key).encode(value) }
    func encode(_ value: Int32, forKey key: Key) { object.member(key).encode(value) }
    func encode(_ value: Int64, forKey key: Key) { object.member(key).encode(value) }
    func encode(_ value: UInt, forKey key: Key) { object.member(key).encode(value) }
    func encode(_ value: UInt8, forKey key: Key) { object.member(key).encode(value) }
    func encode(_ value: UInt16, forKey key: Key) { object.member(key).encode(value) }
    func encode(_ value: UInt32, forKey key: Key) { object.member(key).encode(value) }
    func encode(_ value: UInt64, forKey key: Key) { object.member(key).encode(value) }
    func encode<T: Encodable>(_ value: T, forKey key: Key) throws { try object.member(key).encode(value) }

    func nestedContainer<NestedKey: CodingKey>(
        keyedBy type: NestedKey.Type,
        forKey key: Key
    ) -> KeyedEncodingContainer<NestedKey> {
        object.member(key).container(keyedBy: type)
    }

    func nestedUnkeyedContainer(forKey key: Key) -> any UnkeyedEncodingContainer {
        object.member(key).unkeyedContainer()
    }
    func superEncoder() -> any Encoder { object.member(JSONCodingKey("super")) }
    func superEncoder(forKey key: Key) -> any Encoder { object.member(key) }
}

/// The elements of an array that is being encoded.
struct JSONUnkeyedTreeEncoding: UnkeyedEncodingContainer {
    let array: JSONTreeEncoding
    var codingPath: [any CodingKey] { array.codingPath }
    var count: Int { array.count }

    func encodeNil() { array.element().encodeNil() }
    func encode(_ value: Bool) { array.element().encode(value) }
    func encode(_ value: String) throws { try array.element().encode(value) }
    func encode(_ value: Double) throws { try array.element().encode(value) }
    func encode(_ value: Float) throws { try array.element().encode(value) }
    func encode(_ value: Int) { array.element().encode(value) }
    func encode(_ value: Int8) { array.element().encode(value) }
    func encode(_ value: Int16) { array.element().encode(value) }
    func encode(_ value: Int32) { array.element().encode(value) }
    func encode(_ value: Int64) { array.element().encode(value) }
    func encode(_ value: UInt) { array.element().encode(value) }
    func encode(_ value: UInt8) { array.element().encode(value) }
    func encode(_ value: UInt16) { array.element().encode(value) }
    func encode(_ value: UInt32) { array.element().encode(value) }
    func encode(_ value: UInt64) { array.element().encode(value) }
    func encode<T: Encodable>(_ value: T) throws { try array.element().encode(value) }

    func nestedContainer<NestedKey: CodingKey>(keyedBy type: NestedKey.Type) -> KeyedEncodingContainer<NestedKey> {
        array.element().container(keyedBy: type)
    }

    func nestedUnkeyedContainer() -> any UnkeyedEncodingContainer { array.element().unkeyedContainer() }
    func superEncoder() -> any Encoder { array.element() }
}
