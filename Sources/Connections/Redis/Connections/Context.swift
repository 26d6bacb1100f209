import CHiredis

#if canImport(Darwin)
    import Darwin
#elseif canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
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
    /// What is not sent yet. Ours and not hiredis', which sends with `write()`: to a peer that is gone, that is SIGPIPE.
    private var output: [UInt8] = []

    /// Connects to one address.
    static func connected(
        to endpoint: RedisConfiguration.Endpoint,
        of configuration: RedisConfiguration
    ) throws(RedisError) -> Context {
        let limit = timeval(configuration.connectTimeout)
        let pointer =
            switch endpoint {
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
        #if canImport(Darwin)
            var yes: Int32 = 1
            setsockopt(context.pointer.pointee.fd, SOL_SOCKET, SO_NOSIGPIPE, &yes, socklen_t(MemoryLayout<Int32>.size))
        #endif
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
    mutating func append(_ command: RedisCommand) {
        // As redisAppendCommandArgv does, but without a format string for each argument.
        var head = RedisArgumentBytes(bytes: [UInt8(ascii: "*")])
        head.append(decimal: command.argumentCount)
        head.append(UInt8(ascii: "\r"))
        head.append(UInt8(ascii: "\n"))
        output += head.bytes
        output += command.bytes
    }

    /// Adds commands in the bytes of the protocol to the output buffer.
    mutating func append(encoded: UnsafeRawBufferPointer) { output += encoded }

    /// Sends the whole output buffer. That nobody takes it any more is an error, never the signal SIGPIPE.
    mutating func flush(within limit: Duration, command: StaticString) throws(RedisError) {
        try setTimeout(limit, command)
        var sent = 0
        while sent < output.count {
            let count = output.withUnsafeBytes { bytes in
                let rest = UnsafeRawBufferPointer(rebasing: bytes[sent...])
                return send(pointer.pointee.fd, rest.baseAddress, rest.count, Self.sendFlags)
            }
            let cause = errno
            if count >= 0 {
                sent += count
            } else if cause != EINTR {
                throw lost(cause, within: limit, command)
            }
        }
        output.removeAll(keepingCapacity: output.capacity <= Self.keptOutput)
    }

    /// A batch of many large events leaves no megabytes behind.
    private static let keptOutput = 1 << 20

    #if canImport(Darwin)
        private static let sendFlags: Int32 = 0
    #else
        private static let sendFlags = Int32(MSG_NOSIGNAL)
    #endif

    /// Sends what is in the output buffer, and waits for the next reply.
    ///
    /// - Parameter interruption: A descriptor that ends the wait with `.interrupted` when it can be read; below zero: none.
    mutating func reply(
        within limit: Duration,
        command: StaticString,
        interruptedBy interruption: Int32
    ) throws(RedisError) -> OwnedReply {
        builder.begin()
        var reply: UnsafeMutableRawPointer?
        while true {
            // What was read together with an earlier reply costs no system call.
            guard redisReaderGetReply(pointer.pointee.reader, &reply) == REDIS_OK else {
                throw RedisError(.protocolError, readerErrorText, command: command.description)
            }
            if reply != nil { return builder.finish() }
            try flush(within: limit, command: command)
            if interruption >= 0 { try wait(within: limit, command: command, orFor: interruption) }
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
            if cause != EINTR { throw lost(cause, within: limit, command) }
        }
    }

    /// Returns when there is something to read.
    private func wait(within limit: Duration, command: StaticString, orFor interruption: Int32) throws(RedisError) {
        let deadline = ContinuousClock.now + limit
        while true {
            let left = max(.zero, ContinuousClock.now.duration(to: deadline)).components
            // One more: a rest below a millisecond must not spin.
            let timeout = min(left.seconds, 86_400) * 1000 + left.attoseconds / 1_000_000_000_000_000 + 1
            let (count, ready) = Self.poll(pointer.pointee.fd, interruption, Int32(timeout))
            let cause = errno
            if count > 0 {
                if ready { return }
                throw RedisError(.interrupted, "given up, for the program is to stop", command: command.description)
            }
            if count < 0, cause != EINTR { throw lost(cause, within: limit, command) }
            if count == 0, ContinuousClock.now >= deadline { throw lost(EAGAIN, within: limit, command) }
        }
    }

    /// How many of the two can be read, and whether the socket is one of them.
    private static func poll(_ socket: Int32, _ interruption: Int32, _ timeout: Int32) -> (Int32, Bool) {
        var pair = (
            pollfd(fd: socket, events: Int16(POLLIN), revents: 0),
            pollfd(fd: interruption, events: Int16(POLLIN), revents: 0)
        )
        let count = withUnsafeMutablePointer(to: &pair) {
            $0.withMemoryRebound(to: pollfd.self, capacity: 2) { descriptors in
                #if canImport(Darwin)
                    Darwin.poll(descriptors, 2, timeout)
                #elseif canImport(Glibc)
                    Glibc.poll(descriptors, 2, timeout)
                #elseif canImport(Musl)
                    Musl.poll(descriptors, 2, timeout)
                #endif
            }
        }
        return (count, pair.0.revents != 0)
    }

    private func lost(_ cause: Int32, within limit: Duration, _ command: StaticString) -> RedisError {
        switch cause {
        case EAGAIN, EWOULDBLOCK, ETIMEDOUT:
            RedisError(.timeout, "no answer within \(limit)", command: command.description)
        default:
            RedisError(.connectionLost, String(cString: strerror(cause)), command: command.description)
        }
    }

    private mutating func setTimeout(_ limit: Duration, _ command: StaticString) throws(RedisError) {
        if timeout == limit { return }
        guard redisSetTimeout(pointer, timeval(limit)) == REDIS_OK else {
            throw RedisError(.connectionLost, errorText, command: command.description)
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
}

/// Where a connection's bytes arrive, before hiredis takes them.
private final class InputBuffer {
    static let size = 1 << 17

    let bytes = UnsafeMutableRawBufferPointer.allocate(byteCount: size, alignment: 16)

    deinit { bytes.deallocate() }
}

extension timeval {
    /// At least a millisecond, because zero is "for ever" to the system; at most a day.
    fileprivate init(_ duration: Duration) {
        let (seconds, attoseconds) = min(max(duration, .milliseconds(1)), .seconds(86_400)).components
        self.init(tv_sec: Int(seconds), tv_usec: .init(attoseconds / 1_000_000_000_000))
    }
}
