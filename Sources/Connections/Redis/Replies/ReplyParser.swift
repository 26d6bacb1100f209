import CHiredis

/// Builds replies from the bytes of the protocol without a connection: what a simulated server has answered.
///
/// Not `Sendable`: it belongs to one thread at a time.
package final class ReplyParser {
    private let reader: UnsafeMutablePointer<redisReader>
    private let builder: ReplyBuilder

    package init() {
        guard let reader = redisReaderCreateWithFunctions(nil) else {
            preconditionFailure("hiredis is out of memory")
        }
        self.reader = reader
        builder = ReplyBuilder(of: reader)
    }

    deinit { redisReaderFree(reader) }

    /// Lends the one reply that these bytes spell.
    ///
    /// - Throws: `.reply` where it is an error; `.protocolError` where the bytes spell no reply; what the body throws.
    package func withReply<R>(
        _ bytes: [UInt8],
        to command: StaticString,
        _ body: (borrowing RedisReply, ReplyMemory) throws -> R
    ) throws -> R {
        builder.begin()
        let isFed = bytes.withUnsafeBytes {
            redisReaderFeed(reader, $0.baseAddress?.assumingMemoryBound(to: CChar.self), $0.count) == REDIS_OK
        }
        var reply: UnsafeMutableRawPointer?
        guard isFed, redisReaderGetReply(reader, &reply) == REDIS_OK, reply != nil else {
            throw RedisError(.protocolError, "the bytes spell no reply", command: command.description)
        }
        return try builder.finish().withValue(command: command, body)
    }
}
