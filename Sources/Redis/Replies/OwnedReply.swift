import CHiredis

/// Owns a reply with all that it holds; frees it once.
struct OwnedReply: ~Copyable {
    private let pointer: UnsafeMutablePointer<redisReply>

    init(owning pointer: UnsafeMutablePointer<redisReply>) {
        self.pointer = pointer
    }

    deinit {
        freeReplyObject(pointer)
    }

    /// Lends the value; an error reply is thrown instead.
    func withValue<R>(command: StaticString, _ body: (borrowing RedisReply) throws -> R) throws -> R {
        if let error = error(command: command) { throw error }
        return try body(RedisReply(pointer, command: command))
    }

    /// The error that the reply is, or nil.
    func error(command: StaticString) -> RedisError? {
        RedisReply(pointer, command: command).error
    }
}
