import CHiredis

/// One value of a reply, lent for the time of a closure: the memory is freed when the closure returns.
///
/// Reading it as another kind of value than it is throws a `RedisError` with the code `.unexpectedReply`, which says
/// what was expected and what came. See <https://redis.io/docs/latest/develop/reference/protocol-spec/>.
public struct RedisReply: ~Copyable {
    /// The kinds of values of the protocol RESP2.
    public enum Kind: Sendable, Hashable {
        /// Nothing: a missing key, an aborted EXEC, a read that timed out on the server.
        case null
        case integer
        /// A short text of the server, as `OK` or `QUEUED`.
        case status
        /// Bytes.
        case string
        case array
        /// An error inside an array, as one command's in an EXEC; read `error`.
        case error
        /// A kind that RESP2 does not have.
        case other
    }

    private let node: UnsafePointer<ReplyNode>
    private let command: StaticString

    init(_ node: UnsafePointer<ReplyNode>, command: StaticString) {
        self.node = node
        self.command = command
    }

    /// The kind of the value.
    public var kind: Kind {
        switch Int32(node.pointee.kind) {
        case REDIS_REPLY_NIL: .null
        case REDIS_REPLY_INTEGER: .integer
        case REDIS_REPLY_STATUS: .status
        case REDIS_REPLY_STRING: .string
        case REDIS_REPLY_ARRAY: .array
        case REDIS_REPLY_ERROR: .error
        default: .other
        }
    }

    /// Whether there is no value.
    public var isNull: Bool { kind == .null }

    /// The error that this value is, with its prefix; nil for the other kinds.
    public var error: RedisError? {
        guard kind == .error else { return nil }
        let message = String(decoding: text, as: UTF8.self)
        return RedisError(
            .reply,
            message,
            prefix: RedisErrorPrefix(ofMessage: message),
            command: command.description
        )
    }

    /// The number of an integer reply.
    public var integer: Int {
        get throws(RedisError) {
            guard kind == .integer else { throw unexpected("an integer") }
            return Int(node.pointee.integer)
        }
    }

    /// How many elements an array has.
    public var count: Int {
        get throws(RedisError) {
            guard kind == .array else { throw unexpected("an array") }
            return node.pointee.elements.count
        }
    }

    /// The text of a string or a status, which must be UTF-8.
    public func string() throws(RedisError) -> String {
        guard isText else { throw unexpected("a string") }
        guard let string = String(validating: text, as: UTF8.self) else {
            throw unexpected("a string in UTF-8", got: "\(text.count) bytes that are not")
        }
        return string
    }

    /// A copy of the bytes of a string or a status.
    public func bytes() throws(RedisError) -> [UInt8] {
        guard isText else { throw unexpected("a string") }
        return Array(text)
    }

    /// Lends the bytes of a string or a status without a copy.
    public func withBytes<R>(_ body: (UnsafeRawBufferPointer) throws -> R) throws -> R {
        guard isText else { throw unexpected("a string") }
        return try body(text)
    }

    /// Lends one element of an array.
    /// - Throws: `.unexpectedReply` when this is no array or it is shorter; what the body throws.
    public func withElement<R>(_ index: Int, _ body: (borrowing RedisReply) throws -> R) throws -> R {
        guard index >= 0, index < (try count), let elements = node.pointee.elements.baseAddress else {
            throw unexpected("an array with an element \(index)")
        }
        return try body(RedisReply(elements + index, command: command))
    }

    /// Lends each element of an array in order.
    public func forEach(_ body: (borrowing RedisReply) throws -> Void) throws {
        for index in 0..<(try count) {
            try withElement(index, body)
        }
    }

    /// What the body makes of each element of an array.
    public func map<T>(_ body: (borrowing RedisReply) throws -> T) throws -> [T] {
        let count = try count
        var result: [T] = []
        result.reserveCapacity(count)
        for index in 0..<count {
            result.append(try withElement(index, body))
        }
        return result
    }

    /// Lends the value of a field in an array that alternates names and values, as those of `XINFO STREAM` or an entry.
    /// - Throws: `.unexpectedReply` when there is no such field; what the body throws.
    public func withValue<R>(of field: StaticString, _ body: (borrowing RedisReply) throws -> R) throws -> R {
        var index = 0
        while index + 1 < (try count) {
            let isField = try withElement(index) { name in
                name.isText && field.withUTF8Buffer { $0.elementsEqual(name.text) }
            }
            if isField { return try withElement(index + 1, body) }
            index += 2
        }
        throw unexpected("a field \(field)")
    }

    /// The elements of an array where they lie: for those by the thousand, without a call for each.
    ///
    /// To be used only while the reply, or its memory, is kept.
    package var elements: UnsafeBufferPointer<ReplyNode> {
        get throws(RedisError) {
            guard kind == .array else { throw unexpected("an array") }
            return UnsafeBufferPointer(node.pointee.elements)
        }
    }

    private var isText: Bool { node.pointee.isText }

    private var text: UnsafeRawBufferPointer { node.pointee.text }

    private func unexpected(_ expected: String, got: String? = nil) -> RedisError {
        if kind == .error, let error {
            return RedisError(
                .unexpectedReply,
                "expected \(expected), got the error: \(error.message)",
                prefix: error.prefix,
                command: command.description
            )
        }
        return RedisError(
            .unexpectedReply,
            "expected \(expected), got \(got ?? described)",
            command: command.description
        )
    }

    /// The kind and size, never the data.
    private var described: String {
        switch kind {
        case .null: "nothing (null)"
        case .integer: "an integer"
        case .status: "a status"
        case .string: "a string of \(node.pointee.count) bytes"
        case .array: "an array of \(node.pointee.count)"
        case .error: "an error"
        case .other: "a value of the type \(node.pointee.kind)"
        }
    }
}
