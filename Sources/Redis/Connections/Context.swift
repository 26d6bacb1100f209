import CHiredis

#if canImport(Darwin)
    import Darwin
#else
    import Glibc
#endif

/// Owns a hiredis context; closes it once.
///
/// Every wait is bounded. What throws an error with `isConnectionDead` must not be used again: `Lifeline` sees to that.
struct Context: ~Copyable {
    private let pointer: UnsafeMutablePointer<redisContext>
    /// What the socket is set to; setting costs two system calls.
    private var timeout: Duration?
    private let builder: ReplyBuilder
    private let input: InputBuffer
    private var hasOutput = false

    static func connected(to configuration: RedisConfiguration) throws(RedisError) -> Context {
        let limit = timeval(configuration.connectTimeout)
        let pointer =
            switch configuration.endpoint {
            case .tcp(let host, let port): redisConnectWithTimeout(host, Int32(port), limit)
            case .unix(let path): redisConnectUnixWithTimeout(path, limit)
            }
        guard let pointer else { throw RedisError(.connectionFailed, "hiredis is out of memory") }
        guard let reader = pointer.pointee.reader else {
            redisFree(pointer)
            throw RedisError(.connectionFailed, "hiredis is out of memory")
        }
        let context = Context(owning: pointer, builder: ReplyBuilder(of: reader))
        var isUsable = context.pointer.pointee.err == 0
        if isUsable, case .tcp = configuration.endpoint {
            isUsable = redisEnableKeepAlive(context.pointer) == REDIS_OK
        }
        guard isUsable else {
            throw RedisError(.connectionFailed, "cannot connect to \(configuration): \(context.errorText)")
        }
        return context
    }

    private init(owning pointer: UnsafeMutablePointer<redisContext>, builder: ReplyBuilder) {
        self.pointer = pointer
        self.builder = builder
        self.input = InputBuffer()
        // By default hiredis gives back a buffer above 16 KiB after each reply, and grows it anew for the next.
        pointer.pointee.reader.pointee.maxbuf = InputBuffer.size * 2
    }

    deinit {
        redisFree(pointer)
    }

    /// Adds a command to the output buffer.
    mutating func append(_ command: RedisCommand) throws(RedisError) {
        // As redisAppendCommandArgv does, but without a format string for each argument.
        var head = RedisArgumentBytes(bytes: [UInt8(ascii: "*")])
        head.append(decimal: command.argumentCount)
        head.append(UInt8(ascii: "\r"))
        head.append(UInt8(ascii: "\n"))
        hasOutput = true
        guard append(head.bytes), append(command.bytes) else { throw failure(errno, command.name, timeout: .zero) }
    }

    private func append(_ bytes: [UInt8]) -> Bool {
        bytes.withUnsafeBytes { redisAppendFormattedCommand(pointer, $0.baseAddress, $0.count) } == REDIS_OK
    }

    /// Adds commands in the bytes of the protocol to the output buffer.
    mutating func append(_ name: StaticString, encoded: UnsafeRawBufferPointer) throws(RedisError) {
        hasOutput = true
        let result = redisAppendFormattedCommand(pointer, encoded.baseAddress, encoded.count)
        guard result == REDIS_OK else { throw failure(errno, name, timeout: .zero) }
    }

    /// Sends the whole output buffer.
    mutating func flush(within limit: Duration, command: StaticString) throws(RedisError) {
        try setTimeout(limit, command)
        guard hasOutput else { return }
        hasOutput = false
        blockSIGPIPE()
        var done: Int32 = 0
        while done == 0 {
            guard redisBufferWrite(pointer, &done) == REDIS_OK else { throw failure(errno, command, timeout: limit) }
        }
    }

    /// Sends what is in the output buffer, and waits for the next reply.
    mutating func reply(within limit: Duration, command: StaticString) throws(RedisError) -> OwnedReply {
        guard pointer.pointee.err == 0 else { throw failure(errno, command, timeout: limit) }
        builder.begin()
        var reply: UnsafeMutableRawPointer?
        while true {
            // What was read together with an earlier reply costs no system call.
            guard redisReaderGetReply(pointer.pointee.reader, &reply) == REDIS_OK else {
                throw RedisError(.protocolError, readerErrorText, command: command.description)
            }
            if reply != nil { return builder.finish() }
            try flush(within: limit, command: command)
            try receive(within: limit, command: command)
        }
    }

    /// Reads what is there, at least a byte: as `redisBufferRead`, which takes 16 KiB at a time, and so a read of 500 entries in
    /// some fifteen calls.
    private func receive(within limit: Duration, command: StaticString) throws(RedisError) {
        while true {
            let count = read(pointer.pointee.fd, input.bytes.baseAddress, input.bytes.count)
            let cause = errno
            if count > 0 {
                let start = input.bytes.baseAddress?.assumingMemoryBound(to: CChar.self)
                guard redisReaderFeed(pointer.pointee.reader, start, count) == REDIS_OK else {
                    throw RedisError(.protocolError, readerErrorText, command: command.description)
                }
                return
            }
            if count == 0 {
                throw RedisError(.connectionLost, "Redis closed the connection", command: command.description)
            }
            switch cause {
            case EINTR: continue
            case EAGAIN, EWOULDBLOCK, ETIMEDOUT:
                throw RedisError(.timeout, "no answer within \(limit)", command: command.description)
            default:
                throw RedisError(.connectionLost, String(cString: strerror(cause)), command: command.description)
            }
        }
    }

    private mutating func setTimeout(_ limit: Duration, _ command: StaticString) throws(RedisError) {
        if timeout == limit { return }
        guard redisSetTimeout(pointer, timeval(limit)) == REDIS_OK else {
            throw failure(errno, command, timeout: limit)
        }
        timeout = limit
    }

    private var errorText: String {
        withUnsafeBytes(of: pointer.pointee.errstr) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
    }

    private var readerErrorText: String {
        withUnsafeBytes(of: pointer.pointee.reader.pointee.errstr) {
            String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
        }
    }

    /// Must be made right after the failed call, while `errno` is its own.
    private func failure(_ cause: Int32, _ command: StaticString, timeout: Duration) -> RedisError {
        let name = command.description
        switch pointer.pointee.err {
        case REDIS_ERR_TIMEOUT:
            return RedisError(.timeout, "no answer within \(timeout)", command: name)
        case REDIS_ERR_IO where cause == EAGAIN || cause == EWOULDBLOCK || cause == ETIMEDOUT:
            return RedisError(.timeout, "no answer within \(timeout)", command: name)
        case REDIS_ERR_EOF:
            return RedisError(.connectionLost, "Redis closed the connection", command: name)
        case REDIS_ERR_PROTOCOL:
            return RedisError(.protocolError, errorText, command: name)
        default:
            return RedisError(.connectionLost, errorText, command: name)
        }
    }
}

/// Where a connection's bytes arrive, before hiredis takes them.
private final class InputBuffer {
    static let size = 1 << 17

    let bytes = UnsafeMutableRawBufferPointer.allocate(byteCount: size, alignment: 16)

    deinit { bytes.deallocate() }
}

/// hiredis writes with `write()`: to a peer that is gone, the signal's default would end the process.
/// Asked for at each use and not once, because a connection may move from thread to thread.
private func blockSIGPIPE() {
    var signals = sigset_t()
    sigemptyset(&signals)
    sigaddset(&signals, SIGPIPE)
    pthread_sigmask(Int32(SIG_BLOCK), &signals, nil)
}

extension timeval {
    /// At least a millisecond, because zero is "for ever" to the system; at most a day.
    fileprivate init(_ duration: Duration) {
        let (seconds, attoseconds) = min(max(duration, .milliseconds(1)), .seconds(86_400)).components
        self.init(tv_sec: Int(seconds), tv_usec: .init(attoseconds / 1_000_000_000_000))
    }
}
