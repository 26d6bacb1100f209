/// The members of an object that is being encoded.
struct JSONKeyedEncoding<Key: CodingKey>: KeyedEncodingContainerProtocol {
    let encoding: JSONEncoding
    let place: JSONEncoding.Place
    var codingPath: [any CodingKey] { encoding.codingPath + place.path }

    func encodeNil(forKey key: Key) throws { try encoding.appendNull(key, of: place) }
    func encode(_ value: Bool, forKey key: Key) throws {
        try encoding.beginMember(key, of: place)
        encoding.append(text: value ? "true" : "false")
    }
    func encode(_ value: String, forKey key: Key) throws {
        try encoding.beginMember(key, of: place)
        try encoding.append(value, at: place.path + [key])
    }
    func encode(_ value: Double, forKey key: Key) throws {
        try encoding.beginMember(key, of: place)
        try encoding.append(value, at: place.path + [key])
    }
    func encode(_ value: Float, forKey key: Key) throws {
        try encoding.beginMember(key, of: place)
        try encoding.append(value, at: place.path + [key])
    }
    func encode(_ value: Int, forKey key: Key) throws { try encode(integer: value, key) }
    func encode(_ value: Int8, forKey key: Key) throws { try encode(integer: value, key) }
    func encode(_ value: Int16, forKey key: Key) throws { try encode(integer: value, key) }
    func encode(_ value: Int32, forKey key: Key) throws { try encode(integer: value, key) }
    func encode(_ value: Int64, forKey key: Key) throws { try encode(integer: value, key) }
    func encode(_ value: UInt, forKey key: Key) throws { try encode(integer: value, key) }
    func encode(_ value: UInt8, forKey key: Key) throws { try encode(integer: value, key) }
    func encode(_ value: UInt16, forKey key: Key) throws { try encode(integer: value, key) }
    func encode(_ value: UInt32, forKey key: Key) throws { try encode(integer: value, key) }
    func encode(_ value: UInt64, forKey key: Key) throws { try encode(integer: value, key) }
    func encode<T: Encodable>(_ value: T, forKey key: Key) throws { try encoding.encode(value, at: key, of: place) }

    private func encode(integer: some FixedWidthInteger, _ key: Key) throws {
        try encoding.beginMember(key, of: place)
        encoding.append(integer)
    }

    func nestedContainer<NestedKey: CodingKey>(
        keyedBy type: NestedKey.Type,
        forKey key: Key
    ) -> KeyedEncodingContainer<NestedKey> {
        JSONNestedEncoding(encoding: encoding, place: encoding.nested(at: key, of: place)).container(keyedBy: type)
    }

    func nestedUnkeyedContainer(forKey key: Key) -> any UnkeyedEncodingContainer {
        JSONNestedEncoding(encoding: encoding, place: encoding.nested(at: key, of: place)).unkeyedContainer()
    }

    func superEncoder() -> any Encoder {
        JSONNestedEncoding(encoding: encoding, place: encoding.nested(at: JSONCodingKey("super"), of: place))
    }

    func superEncoder(forKey key: Key) -> any Encoder {
        JSONNestedEncoding(encoding: encoding, place: encoding.nested(at: key, of: place))
    }
}

/// The elements of an array that is being encoded.
struct JSONUnkeyedEncoding: UnkeyedEncodingContainer {
    let encoding: JSONEncoding
    let place: JSONEncoding.Place
    var codingPath: [any CodingKey] { encoding.codingPath + place.path }
    var count: Int { encoding.count(of: place) }

    func encodeNil() throws { try encoding.appendNullElement(of: place) }
    func encode(_ value: Bool) throws {
        try encoding.beginElement(of: place)
        encoding.append(text: value ? "true" : "false")
    }
    func encode(_ value: String) throws {
        try encoding.beginElement(of: place)
        try encoding.append(value, at: path)
    }
    func encode(_ value: Double) throws {
        try encoding.beginElement(of: place)
        try encoding.append(value, at: path)
    }
    func encode(_ value: Float) throws {
        try encoding.beginElement(of: place)
        try encoding.append(value, at: path)
    }
    func encode(_ value: Int) throws { try encode(integer: value) }
    func encode(_ value: Int8) throws { try encode(integer: value) }
    func encode(_ value: Int16) throws { try encode(integer: value) }
    func encode(_ value: Int32) throws { try encode(integer: value) }
    func encode(_ value: Int64) throws { try encode(integer: value) }
    func encode(_ value: UInt) throws { try encode(integer: value) }
    func encode(_ value: UInt8) throws { try encode(integer: value) }
    func encode(_ value: UInt16) throws { try encode(integer: value) }
    func encode(_ value: UInt32) throws { try encode(integer: value) }
    func encode(_ value: UInt64) throws { try encode(integer: value) }
    func encode<T: Encodable>(_ value: T) throws { try encoding.encodeElement(value, of: place) }

    private func encode(integer: some FixedWidthInteger) throws {
        try encoding.beginElement(of: place)
        encoding.append(integer)
    }

    /// To the element that was begun.
    private var path: [any CodingKey] { place.path + [JSONCodingKey(count - 1)] }

    func nestedContainer<NestedKey: CodingKey>(keyedBy type: NestedKey.Type) -> KeyedEncodingContainer<NestedKey> {
        JSONNestedEncoding(encoding: encoding, place: encoding.nestedElement(of: place)).container(keyedBy: type)
    }

    func nestedUnkeyedContainer() -> any UnkeyedEncodingContainer {
        JSONNestedEncoding(encoding: encoding, place: encoding.nestedElement(of: place)).unkeyedContainer()
    }

    func superEncoder() -> any Encoder {
        JSONNestedEncoding(encoding: encoding, place: encoding.nestedElement(of: place))
    }
}

/// A value that is neither object nor array, or is encoded as another one.
struct JSONSingleEncoding: SingleValueEncodingContainer {
    let encoding: JSONEncoding
    let place: JSONEncoding.Place
    /// Encodes into the same place.
    let encoder: any Encoder
    var codingPath: [any CodingKey] { encoding.codingPath + place.path }

    func encodeNil() throws { try encoding.appendNull(as: place) }
    func encode(_ value: Bool) throws {
        try encoding.beginValue(of: place)
        encoding.append(text: value ? "true" : "false")
    }
    func encode(_ value: String) throws {
        try encoding.beginValue(of: place)
        try encoding.append(value, at: place.path)
    }
    func encode(_ value: Double) throws {
        try encoding.beginValue(of: place)
        try encoding.append(value, at: place.path)
    }
    func encode(_ value: Float) throws {
        try encoding.beginValue(of: place)
        try encoding.append(value, at: place.path)
    }
    func encode(_ value: Int) throws { try encode(integer: value) }
    func encode(_ value: Int8) throws { try encode(integer: value) }
    func encode(_ value: Int16) throws { try encode(integer: value) }
    func encode(_ value: Int32) throws { try encode(integer: value) }
    func encode(_ value: Int64) throws { try encode(integer: value) }
    func encode(_ value: UInt) throws { try encode(integer: value) }
    func encode(_ value: UInt8) throws { try encode(integer: value) }
    func encode(_ value: UInt16) throws { try encode(integer: value) }
    func encode(_ value: UInt32) throws { try encode(integer: value) }
    func encode(_ value: UInt64) throws { try encode(integer: value) }
    func encode<T: Encodable>(_ value: T) throws { try encoding.encode(value, as: place, by: encoder) }

    private func encode(integer: some FixedWidthInteger) throws {
        try encoding.beginValue(of: place)
        encoding.append(integer)
    }
}

/// Encodes into a container within a value: a nested one, or that of a superclass.
struct JSONNestedEncoding: Encoder {
    let encoding: JSONEncoding
    let place: JSONEncoding.Place
    var codingPath: [any CodingKey] { encoding.codingPath + place.path }
    var userInfo: [CodingUserInfoKey: Any] { [:] }

    func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedEncodingContainer<Key> {
        encoding.open(place, as: .object)
        return KeyedEncodingContainer(JSONKeyedEncoding<Key>(encoding: encoding, place: place))
    }

    func unkeyedContainer() -> any UnkeyedEncodingContainer {
        encoding.open(place, as: .array)
        return JSONUnkeyedEncoding(encoding: encoding, place: place)
    }

    func singleValueContainer() -> any SingleValueEncodingContainer {
        JSONSingleEncoding(encoding: encoding, place: place, encoder: self)
    }
}
