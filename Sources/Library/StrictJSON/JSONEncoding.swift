import FoundationEssentials

/// Encodes a value into compact JSON, in one pass: members in the order in which they are encoded, UUIDs in lowercase.
///
/// Bytes are written as the value gives them, so a value has to fill one container after the other, and to give each member
/// once. What does not is an error, and an error stands: whoever catches one gets it from `append` all the same, for something
/// is half written.
package final class JSONEncoding: Encoder {
    private var writer = JSONWriter()
    package private(set) var codingPath: [any CodingKey] = []
    /// Whether a member that is nil is left out, and an element that is nil an error: events have no null.
    private let leavesNullsOut: Bool
    /// The first error.
    private var failure: (any Error)?
    package var userInfo: [CodingUserInfoKey: Any] { [:] }

    package init(leavesNullsOut: Bool = false) { self.leavesNullsOut = leavesNullsOut }

    /// Where values of a container go: into a frame of the writer.
    struct Place {
        let frame: Int
        /// From the value that encodes itself to a container within it.
        var path: [any CodingKey] = []
    }

    /// Appends the JSON of a value; nothing for a null that is left out.
    ///
    /// - Throws: what the value throws; `EncodingError` for a number that is not finite, for U+0000 in a string, for a member
    ///   that is given twice, and for containers that are filled in turns. What was appended is then worth nothing.
    package func append(_ value: some Encodable, to json: inout [UInt8]) throws {
        writer.reset()
        codingPath.removeAll(keepingCapacity: true)
        failure = nil
        swap(&writer.json, &json)
        defer { swap(&writer.json, &json) }
        if try !appendWhole(value, at: []) { _ = try encodeFramed(value) }
        if let failure { throw failure }
    }

    // MARK: Containers

    package func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedEncodingContainer<Key> {
        let place = Place(frame: writer.innermost)
        open(place, as: .object)
        return KeyedEncodingContainer(JSONKeyedEncoding<Key>(encoding: self, place: place))
    }

    package func unkeyedContainer() -> any UnkeyedEncodingContainer {
        let place = Place(frame: writer.innermost)
        open(place, as: .array)
        return JSONUnkeyedEncoding(encoding: self, place: place)
    }

    package func singleValueContainer() -> any SingleValueEncodingContainer {
        JSONSingleEncoding(encoding: self, place: Place(frame: writer.innermost), encoder: self)
    }

    func open(_ place: Place, as shape: JSONWriter.Shape) {
        guard failure == nil else { return }
        do { try writer.open(place.frame, as: shape) } catch { _ = fail(error, place.path) }
    }

    /// A container that is a member.
    func nested(at key: some CodingKey, of place: Place) -> Place {
        do {
            try beginMember(key, of: place)
            return Place(frame: writer.beginFrame(isNested: true), path: place.path + [key])
        } catch {
            // It stands: whatever is put into the container throws it.
            return place
        }
    }

    /// A container that is an element.
    func nestedElement(of place: Place) -> Place {
        do {
            try beginElement(of: place)
            return Place(
                frame: writer.beginFrame(isNested: true),
                path: place.path + [JSONCodingKey(count(of: place) - 1)]
            )
        } catch {
            return place
        }
    }

    // MARK: Where a value goes

    func beginMember(_ key: some CodingKey, of place: Place) throws {
        if let failure { throw failure }
        do { try writer.beginMember(key.stringValue, of: place.frame) } catch { throw fail(error, place.path + [key]) }
    }

    func beginElement(of place: Place) throws {
        if let failure { throw failure }
        do { try writer.beginElement(of: place.frame) } catch { throw fail(error, place.path) }
    }

    func beginValue(of place: Place) throws {
        if let failure { throw failure }
        do { try writer.beginValue(of: place.frame) } catch { throw fail(error, place.path) }
    }

    /// Where a member begins that may have to be taken back.
    var end: Int { writer.json.count }

    func count(of place: Place) -> Int { writer.count(of: place.frame) }

    // MARK: Values

    func append(text: String) { writer.append(text: text) }
    func append(_ integer: some FixedWidthInteger) { writer.append(integer) }

    /// - Parameter path: From the value that encodes itself to the string.
    func append(_ string: String, at path: @autoclosure () -> [any CodingKey]) throws {
        do { try writer.append(string) } catch { throw fail(EncodingError.holdsNUL(string, codingPath + path())) }
    }

    func append(
        _ number: some BinaryFloatingPoint & CustomStringConvertible,
        at path: @autoclosure () -> [any CodingKey]
    ) throws {
        guard number.isFinite else { throw fail(EncodingError.isNotFinite(number, codingPath + path())) }
        writer.append(text: number.description)
    }

    // MARK: Nulls

    /// A member that is nil.
    func appendNull(_ key: some CodingKey, of place: Place) throws {
        guard !leavesNullsOut else { return }
        try beginMember(key, of: place)
        writer.append(text: "null")
    }

    /// An element that is nil.
    func appendNullElement(of place: Place) throws {
        guard !leavesNullsOut else {
            let path = codingPath + place.path + [JSONCodingKey(count(of: place))]
            throw fail(EncodingError.isNullElement(path))
        }
        try beginElement(of: place)
        writer.append(text: "null")
    }

    /// The value that a frame is is nil.
    func appendNull(as place: Place) throws {
        guard leavesNullsOut else {
            try beginValue(of: place)
            return writer.append(text: "null")
        }
        // What is before a container within a value is written already.
        guard place.path.isEmpty else { throw fail(EncodingError.isNullElement(codingPath + place.path)) }
        if let failure { throw failure }
        do { try writer.beginValue(of: place.frame, as: .null) } catch { throw fail(error, place.path) }
    }

    // MARK: Values within this one

    /// A member.
    func encode(_ value: some Encodable, at key: some CodingKey, of place: Place) throws {
        let start = end
        try beginMember(key, of: place)
        if try encode(value, at: key, within: place.path) { writer.takeBackMember(from: start) }
    }

    /// An element.
    func encodeElement(_ value: some Encodable, of place: Place) throws {
        try beginElement(of: place)
        let key = JSONCodingKey(count(of: place) - 1)
        guard try !encode(value, at: key, within: place.path) else {
            throw fail(EncodingError.isNullElement(codingPath + place.path + [key]))
        }
    }

    /// Whether it is a null that is left out.
    private func encode(
        _ value: some Encodable,
        at key: some CodingKey,
        within path: [any CodingKey]
    ) throws -> Bool {
        if try appendWhole(value, at: path + [key]) { return false }
        codingPath += path
        codingPath.append(key)
        defer { codingPath.removeLast(path.count + 1) }
        return try encodeFramed(value)
    }

    /// The value that a frame is.
    ///
    /// - Parameter encoder: Encodes into that frame.
    func encode<T: Encodable>(_ value: T, as place: Place, by encoder: any Encoder) throws {
        guard !KnownValue.isKnown(T.self) else {
            try beginValue(of: place)
            _ = try appendWhole(value, at: place.path)
            return
        }
        if let failure { throw failure }
        do { try writer.requireNothing(in: place.frame) } catch { throw fail(error, place.path) }
        try value.encode(to: encoder)
    }

    /// False: it is of a type that encodes itself.
    private func appendWhole<T>(_ value: T, at path: @autoclosure () -> [any CodingKey]) throws -> Bool {
        if T.self == UUID.self, let id = value as? UUID {
            withUnsafeBytes(of: id.uuid) { writer.appendQuoted(uuid: $0) }
            return true
        }
        guard KnownValue.isKnown(T.self) else { return false }
        do {
            switch try KnownValue(value, codingPath + path()) {
            case .string(let text): try writer.append(text)
            case .number(let text): writer.append(text: text)
            }
        } catch {
            throw fail(error)
        }
        return true
    }

    private func encodeFramed(_ value: some Encodable) throws -> Bool {
        writer.beginFrame()
        do {
            try value.encode(to: self)
        } catch {
            _ = writer.endFrame()
            throw fail(error)
        }
        return writer.endFrame()
    }

    // MARK: Errors

    /// Keeps the first one.
    private func fail(_ error: any Error) -> any Error {
        failure = failure ?? error
        return error
    }

    private func fail(_ fault: JSONWriter.Fault, _ path: [any CodingKey]) -> any Error {
        let path = codingPath + path
        let name = path.last?.stringValue ?? ""
        switch fault {
        case .holdsNUL: return fail(EncodingError.holdsNUL(name, path))
        case .twice: return fail(EncodingError.invalid(name, path, "the member is given for the second time"))
        case .outOfOrder:
            let message = "a container is filled after another one was begun outside of it; fill one after the other"
            return fail(EncodingError.invalid(name, path, message))
        }
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
