import CHiredis

/// Owns a reply with all that it holds; frees it once.
struct OwnedReply: ~Copyable {
    private let pointer: UnsafeMutablePointer<redisReply>
    private let arena: ReplyArena

    /// - Parameter arena: where the reply was built.
    init(owning pointer: UnsafeMutablePointer<redisReply>, in arena: ReplyArena) {
        self.pointer = pointer
        self.arena = arena
        arena.retainReply()
    }

    deinit {
        arena.releaseReply()
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
