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
    /// Nil: the bytes go as they are.
    private var tls: TLSSession?
    private let place: String
    /// What is not sent yet. Ours and not hiredis', which sends with `write()`: to a peer that is gone, that is SIGPIPE.
    private var output: [UInt8] = []
    /// A part of a message has come, and the reader holds it.
    private var isMessageBegun = false

    /// Connects to one address.
    ///
    /// - Parameter host: By which name it was found: what its certificate has to be for, unless the configuration says another.
    static func connected(
        to endpoint: RedisConfiguration.Endpoint,
        named host: String,
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
        var context = Context(owning: pointer, builder: ReplyBuilder(of: reader), place: configuration.description)
        var isUsable = context.pointer.pointee.err == 0
        if isUsable, case .tcp = endpoint {
            isUsable = redisEnableKeepAlive(context.pointer) == REDIS_OK
        }
        #if canImport(Darwin)
            var yes: Int32 = 1
            setsockopt(context.pointer.pointee.fd, SOL_SOCKET, SO_NOSIGPIPE, &yes, socklen_t(MemoryLayout<Int32>.size))
        #endif
        guard isUsable else {
            let isLate = context.errorText == String(cString: strerror(ETIMEDOUT))
            let reason = isLate ? "no connection within \(configuration.connectTimeout)" : context.errorText
            throw RedisError(.connectionFailed, "cannot connect to \(configuration): \(reason)")
        }
        if let tls = configuration.tls { try context.secure(tls, to: host, within: configuration.connectTimeout) }
        return context
    }

    private init(owning pointer: UnsafeMutablePointer<redisContext>, builder: ReplyBuilder, place: String) {
        self.pointer = pointer
        self.place = place
        self.builder = builder
        self.input = InputBuffer()
        // By default hiredis gives back a buffer above 16 KiB after each reply, and grows it anew for the next.
        pointer.pointee.reader.pointee.maxbuf = InputBuffer.size * 2
    }

    deinit {
        redisFree(pointer)
    }

    /// Makes the TLS session. The whole handshake has the connect timeout, beside the connecting.
    private mutating func secure(_ client: TLSClient, to host: String, within limit: Duration) throws(RedisError) {
        let deadline = ContinuousClock.now + limit
        let context = try client.context()
        let session: TLSSession
        do throws(TLSFailure) {
            session = try TLSSession(
                context,
                on: pointer.pointee.fd,
                to: client.serverName ?? host
            )
        } catch {
            throw RedisError(.connectionFailed, "cannot connect to \(place): \(error.text)\(client.hint)")
        }
        tls = session
        while true {
            let reason: String
            switch session.handshake() {
            case .done: return
            case .wait(let events):
                switch SocketWait.wait(for: events, of: pointer.pointee.fd, until: deadline, orFor: -1) {
                case .ready, .interrupted: continue
                case .timeout: reason = "no answer within \(limit)"
                case .failed(let cause): reason = String(cString: strerror(cause))
                }
            case .closed: reason = "the server closed the connection"
            case .broken(let cause): reason = String(cString: strerror(cause))
            case .failed(let failure): reason = failure.text
            }
            throw RedisError(
                .connectionFailed,
                "cannot connect to \(place): \(reason), in the TLS handshake\(client.hint)"
            )
        }
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
        if let tls { return try flush(through: tls, within: limit, command: command) }
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
            if let tls {
                try receive(from: tls, within: limit, command: command, interruptedBy: interruption)
                continue
            }
            if interruption >= 0 { try wait(within: limit, command: command, orFor: interruption) }
            try receive(within: limit, command: command)
        }
    }

    var descriptor: Int32 { pointer.pointee.fd }

    /// The next reply, if all of it has come. It does not wait.
    mutating func message(within limit: Duration, command: StaticString) throws(RedisError) -> OwnedReply? {
        if !isMessageBegun { builder.begin() }
        isMessageBegun = true
        var reply: UnsafeMutableRawPointer?
        while true {
            guard redisReaderGetReply(pointer.pointee.reader, &reply) == REDIS_OK else {
                throw RedisError(.protocolError, readerErrorText, command: command.description)
            }
            if reply != nil {
                isMessageBegun = false
                return builder.finish()
            }
            guard try receiveAvailable(within: limit, command: command) else { return nil }
        }
    }

    /// - Returns: Whether anything was there.
    private func receiveAvailable(within limit: Duration, command: StaticString) throws(RedisError) -> Bool {
        if let tls {
            switch tls.read(into: input.bytes) {
            case .done(let count):
                try feed(count, command)
                return true
            case .wait: return false
            case .closed: throw broken(tls, "Redis closed the connection", command)
            case .broken(let cause): throw broken(tls, String(cString: strerror(cause)), command)
            case .failed(let failure): throw broken(tls, failure.text, command)
            }
        }
        while true {
            let count = recv(descriptor, input.bytes.baseAddress, input.bytes.count, Self.receiveFlags)
            let cause = errno
            if count > 0 {
                try feed(count, command)
                return true
            }
            if count == 0 {
                throw RedisError(.connectionLost, "Redis closed the connection", command: command.description)
            }
            if cause == EAGAIN || cause == EWOULDBLOCK { return false }
            if cause != EINTR { throw lost(cause, within: limit, command) }
        }
    }

    private static let receiveFlags = Int32(truncatingIfNeeded: MSG_DONTWAIT)

    private func feed(_ count: Int, _ command: StaticString) throws(RedisError) {
        let start = input.bytes.baseAddress?.assumingMemoryBound(to: CChar.self)
        guard redisReaderFeed(pointer.pointee.reader, start, count) == REDIS_OK else {
            throw RedisError(.protocolError, readerErrorText, command: command.description)
        }
    }

    /// Reads what is there, at least a byte: as `redisBufferRead`, which takes 16 KiB at a time, and so a read of 500 entries in
    /// some fifteen calls.
    private func receive(within limit: Duration, command: StaticString) throws(RedisError) {
        while true {
            let count = read(pointer.pointee.fd, input.bytes.baseAddress, input.bytes.count)
            let cause = errno
            if count > 0 { return try feed(count, command) }
            if count == 0 {
                throw RedisError(.connectionLost, "Redis closed the connection", command: command.description)
            }
            if cause != EINTR { throw lost(cause, within: limit, command) }
        }
    }

    /// The same through TLS. It tries before it waits: what was decrypted together with an earlier reply is not seen by poll(2), and
    /// what poll(2) sees may be no byte of Redis.
    private func receive(
        from tls: TLSSession,
        within limit: Duration,
        command: StaticString,
        interruptedBy interruption: Int32
    ) throws(RedisError) {
        let count = try advance(tls, within: limit, command: command, orFor: interruption) {
            tls.read(into: input.bytes)
        }
        try feed(count, command)
    }

    private mutating func flush(
        through tls: TLSSession,
        within limit: Duration,
        command: StaticString
    ) throws(RedisError) {
        var sent = 0
        while sent < output.count {
            sent += try advance(tls, within: limit, command: command, orFor: -1) {
                output.withUnsafeBytes { tls.write(UnsafeRawBufferPointer(rebasing: $0[sent...])) }
            }
        }
        output.removeAll(keepingCapacity: output.capacity <= Self.keptOutput)
    }

    /// Repeats a step until it has moved bytes, and waits for the socket where it has to: each time within the limit.
    private func advance(
        _ tls: TLSSession,
        within limit: Duration,
        command: StaticString,
        orFor interruption: Int32,
        _ step: () -> TLSSession.Step
    ) throws(RedisError) -> Int {
        let deadline = ContinuousClock.now + limit
        while true {
            switch step() {
            case .done(let count): return count
            case .wait(let events):
                try wait(for: events, until: deadline, within: limit, command: command, orFor: interruption)
            case .closed: throw broken(tls, "Redis closed the connection", command)
            case .broken(let cause): throw broken(tls, String(cString: strerror(cause)), command)
            case .failed(let failure): throw broken(tls, failure.text, command)
            }
        }
    }

    private func broken(_ tls: TLSSession, _ reason: String, _ command: StaticString) -> RedisError {
        if tls.isAccepted { return RedisError(.connectionLost, reason, command: command.description) }
        return RedisError(.connectionFailed, "cannot connect to \(place): \(reason)", command: command.description)
    }

    /// Returns when there is something to read.
    private func wait(within limit: Duration, command: StaticString, orFor interruption: Int32) throws(RedisError) {
        try wait(
            for: Int32(POLLIN),
            until: ContinuousClock.now + limit,
            within: limit,
            command: command,
            orFor: interruption
        )
    }

    private func wait(
        for events: Int32,
        until deadline: ContinuousClock.Instant,
        within limit: Duration,
        command: StaticString,
        orFor interruption: Int32
    ) throws(RedisError) {
        switch SocketWait.wait(for: events, of: pointer.pointee.fd, until: deadline, orFor: interruption) {
        case .ready: return
        case .interrupted:
            throw RedisError(.interrupted, "given up, for the program is to stop", command: command.description)
        case .timeout: throw lost(EAGAIN, within: limit, command)
        case .failed(let cause): throw lost(cause, within: limit, command)
        }
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

extension timeval {
    /// At least a millisecond, because zero is "for ever" to the system; at most a day.
    fileprivate init(_ duration: Duration) {
        let (seconds, attoseconds) = min(max(duration, .milliseconds(1)), .seconds(86_400)).components
        self.init(tv_sec: Int(seconds), tv_usec: .init(attoseconds / 1_000_000_000_000))
    }
}
