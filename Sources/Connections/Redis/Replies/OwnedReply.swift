/// Owns a reply with all that it holds: its memory is not used again while this lives.
struct OwnedReply: ~Copyable {
    let memory: ReplyMemory

    init(_ memory: ReplyMemory) { self.memory = memory }

    /// Lends the value; an error reply is thrown instead.
    func withValue<R>(
        command: StaticString,
        _ body: (borrowing RedisReply, ReplyMemory) throws -> R
    ) throws -> R {
        if let error = error(command: command) { throw error }
        return try body(value(command), memory)
    }

    /// Lends the value, also where it is an error.
    func withRoot<R>(_ body: (borrowing RedisReply) throws -> R) throws -> R { try body(value("")) }

    /// The error that the reply is, or nil.
    func error(command: StaticString) -> RedisError? { value(command).error }

    private func value(_ command: StaticString) -> RedisReply {
        RedisReply(memory.room.pointee.root, command: command)
    }
}
