import Foundation

/// Decodes one value of a strictly read document, as `JSONDecoder` would but for what it lets pass: `1.0` is no integer
/// here.
package struct JSONDecoding: Decoder {
    package let value: JSONValue
    private let parentPath: [any CodingKey]
    private let key: (any CodingKey)?
    package var userInfo: [CodingUserInfoKey: Any] { [:] }

    package init(value: JSONValue, codingPath: [any CodingKey]) {
        self.init(value: value, parentPath: codingPath, key: nil)
    }

    private init(value: JSONValue, parentPath: [any CodingKey], key: (any CodingKey)?) {
        self.value = value
        self.parentPath = parentPath
        self.key = key
    }

    /// Put together when somebody asks: for an error, or something nested.
    package var codingPath: [any CodingKey] { key.map { parentPath + [$0] } ?? parentPath }

    package func container<Key: CodingKey>(keyedBy type: Key.Type) throws -> KeyedDecodingContainer<Key> {
        guard value.kind == .object else { throw mismatch(type, "an object") }
        return KeyedDecodingContainer(JSONKeyedDecoding<Key>(object: self))
    }

    package func unkeyedContainer() throws -> any UnkeyedDecodingContainer {
        guard value.kind == .array else { throw mismatch([Any].self, "an array") }
        return JSONUnkeyedDecoding(array: self)
    }

    package func singleValueContainer() -> any SingleValueDecodingContainer { self }

    package func mismatch(_ type: Any.Type, _ expected: String) -> DecodingError {
        let description = JSONMismatch(expected: expected, kind: value.kindName, value: value.summary)
        let context = DecodingError.Context(
            codingPath: codingPath,
            debugDescription: "expected \(expected), got \(value.summary)",
            underlyingError: description
        )
        return DecodingError.typeMismatch(type, context)
    }

    package func below(_ key: some CodingKey, _ value: JSONValue) -> JSONDecoding {
        JSONDecoding(value: value, parentPath: codingPath, key: key)
    }
}

extension JSONDecoding: SingleValueDecodingContainer {
    package func decodeNil() -> Bool { value.kind == .null }

    package func decode(_ type: Bool.Type) throws -> Bool {
        guard let boolean = value.boolean else { throw mismatch(type, "true or false") }
        return boolean
    }

    package func decode(_ type: String.Type) throws -> String {
        guard let string = value.string else { throw mismatch(type, "a string") }
        return string
    }

    package func decode(_ type: Double.Type) throws -> Double { try number(type) }
    package func decode(_ type: Float.Type) throws -> Float { try number(type) }
    package func decode(_ type: Int.Type) throws -> Int { try integer(type) }
    package func decode(_ type: Int8.Type) throws -> Int8 { try integer(type) }
    package func decode(_ type: Int16.Type) throws -> Int16 { try integer(type) }
    package func decode(_ type: Int32.Type) throws -> Int32 { try integer(type) }
    package func decode(_ type: Int64.Type) throws -> Int64 { try integer(type) }
    package func decode(_ type: UInt.Type) throws -> UInt { try integer(type) }
    package func decode(_ type: UInt8.Type) throws -> UInt8 { try integer(type) }
    package func decode(_ type: UInt16.Type) throws -> UInt16 { try integer(type) }
    package func decode(_ type: UInt32.Type) throws -> UInt32 { try integer(type) }
    package func decode(_ type: UInt64.Type) throws -> UInt64 { try integer(type) }

    package func decode<T: Decodable>(_ type: T.Type) throws -> T {
        if type == UUID.self {
            guard let id = value.withString({ UUID(utf8: $0) }) as? T else {
                throw mismatch(type, KnownValue.expectation(of: UUID.self))
            }
            return id
        }
        if KnownValue.isKnown(type) {
            guard let known = KnownValue.read(type, from: value) else {
                throw mismatch(type, KnownValue.expectation(of: type))
            }
            return known
        }
        do {
            return try T(from: self)
        } catch DecodingError.dataCorrupted(let context) where context.codingPath.count == codingPath.count {
            // What an enum throws names the value but not the choices.
            guard let choices = type as? any (CaseIterable & RawRepresentable).Type else {
                throw DecodingError.dataCorrupted(context)
            }
            throw mismatch(type, "one of \(Self.rawValues(of: choices))")
        }
    }

    private static func rawValues<T: CaseIterable & RawRepresentable>(of type: T.Type) -> String {
        type.allCases.map { "\($0.rawValue)" }.joined(separator: ", ")
    }

    private func integer<T: FixedWidthInteger>(_ type: T.Type) throws -> T {
        guard value.kind == .integer else { throw mismatch(type, "an integer") }
        guard let integer: T = value.integer() else { throw mismatch(type, "an integer from \(T.min) to \(T.max)") }
        return integer
    }

    private func number<T: BinaryFloatingPoint & LosslessStringConvertible>(_ type: T.Type) throws -> T {
        guard value.kind == .integer || value.kind == .decimal else { throw mismatch(type, "a number") }
        guard let number = T(value.lexeme), number.isFinite else {
            throw mismatch(type, "a number that \(type) can hold")
        }
        return number
    }
}
