import CLibPQ

#if canImport(Darwin)
    import Darwin
#elseif canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// Owns libpq's connection, in nonblocking pipeline mode. Never blocks but in its own bounded waits.
struct ConnectionHandle: ~Copyable {
    /// Nil once closed; libpq takes NULL for a connection that is bad.
    private var pointer: OpaquePointer?
    private let replyTimeout: Duration

    deinit {
        PQfinish(pointer)
    }

    /// Connects, within the configuration's time.
    init(_ configuration: PostgresConfiguration) throws(PostgresError) {
        replyTimeout = configuration.replyTimeout
        pointer = Self.start([
            // Expanded as a connection string; what follows overrides it.
            ("dbname", configuration.url),
            ("application_name", configuration.applicationName),
            ("client_encoding", "UTF8"),
        ])
        // By default libpq prints notices to standard error.
        PQsetNoticeReceiver(pointer, { _, _ in }, nil)
        try connect(within: configuration.connectTimeout)
        guard PQsetnonblocking(pointer, 1) == 0, PQenterPipelineMode(pointer) == 1 else {
            throw failure(.connectionFailed, "the connection cannot be pipelined")
        }
    }

    private static func start(_ options: [(String, String)]) -> OpaquePointer? {
        let keywords = options.map { strdup($0.0) } + [nil]
        let values = options.map { strdup($0.1) } + [nil]
        defer { for text in keywords + values { free(text) } }
        return PQconnectStartParams(
            keywords.map { UnsafePointer($0) },
            values.map { UnsafePointer($0) },
            1
        )
    }

    private func connect(within timeout: Duration) throws(PostgresError) {
        let deadline = ContinuousClock.now + timeout
        var events = Int16(POLLOUT)
        guard PQstatus(pointer) != CONNECTION_BAD else {
            throw failure(.connectionFailed, "cannot connect to Postgres")
        }
        while true {
            guard try Self.poll(PQsocket(pointer), events, until: deadline) != 0 else {
                throw PostgresError(.connectionFailed, "Postgres did not answer within \(timeout)")
            }
            switch PQconnectPoll(pointer) {
            case PGRES_POLLING_OK: return
            case PGRES_POLLING_READING: events = Int16(POLLIN)
            case PGRES_POLLING_WRITING: events = Int16(POLLOUT)
            default: throw failure(.connectionFailed, "cannot connect to Postgres")
            }
        }
    }

    /// Ends the connection now, so that the server notices; every later call fails.
    mutating func close() {
        PQfinish(pointer)
        pointer = nil
    }

    // MARK: State

    var isBroken: Bool { PQstatus(pointer) == CONNECTION_BAD }

    var backendPID: Int32 { PQbackendPID(pointer) }

    /// Whether the server has no transaction open. Known only after a sync.
    var isIdle: Bool { PQtransactionStatus(pointer) == PQTRANS_IDLE }

    func failure(_ code: PostgresError.Code, _ summary: String) -> PostgresError {
        PostgresError(code, summary, message: Self.text(PQerrorMessage(pointer)))
    }

    // MARK: Sending; false where libpq cannot

    func sendPrepare(_ statement: Statement) -> Bool {
        let key = statement.key
        return PQsendPrepare(pointer, statement.name, key.text, Int32(key.types.count), key.types) == 1
    }

    func sendPrepared(_ statement: Statement, _ parameters: inout Parameters) -> Bool {
        parameters.withPointers { count, values, lengths, formats in
            PQsendQueryPrepared(pointer, statement.nameForC, count, values, lengths, formats, 1) == 1
        }
    }

    func sendUnprepared(_ statement: Statement, _ parameters: inout Parameters) -> Bool {
        parameters.withPointers { count, values, lengths, formats in
            PQsendQueryParams(
                pointer,
                statement.key.text,
                count,
                statement.key.types,
                values,
                lengths,
                formats,
                1
            ) == 1
        }
    }

    /// Ends a group of statements: the server forgets an error only there.
    func sendSync() -> Bool { PQpipelineSync(pointer) == 1 }

    /// Leaves pipeline mode and sends a text of several statements. No results may be outstanding.
    func sendScript(_ text: String) -> Bool {
        PQexitPipelineMode(pointer) == 1 && PQsendQuery(pointer, text) == 1
    }

    /// Back into pipeline mode, when all results of a script are read.
    func endScript() -> Bool { PQenterPipelineMode(pointer) == 1 }

    // MARK: Waiting

    /// Writes what the system takes at once.
    func push() throws(PostgresError) {
        guard PQflush(pointer) >= 0 else { throw failure(.connectionLost, "the connection to Postgres was lost") }
    }

    /// The next result, nil at the end of a statement's results.
    func receive() throws(PostgresError) -> ResultHandle? {
        while PQisBusy(pointer) == 1 {
            try wait(writing: PQflush(pointer) == 1)
        }
        return takeResult()
    }

    /// The next result, where it is known that there is nothing to wait for.
    func takeResult() -> ResultHandle? {
        guard let result = PQgetResult(pointer) else { return nil }
        return ResultHandle(result)
    }

    /// Writes what is buffered, until the system has taken all of it.
    func flush() throws(PostgresError) {
        while PQflush(pointer) == 1 {
            try wait(writing: true)
        }
    }

    /// Waits until something can be read, or written if there is something to write, and takes in what can be read.
    /// Reads also while it waits to write: else both sides could wait for ever for the other one to read.
    private func wait(writing: Bool) throws(PostgresError) {
        let events = Int16(POLLIN) | (writing ? Int16(POLLOUT) : 0)
        let ready = try Self.poll(PQsocket(pointer), events, until: ContinuousClock.now + replyTimeout)
        guard ready != 0 else {
            throw PostgresError(.timeout, "Postgres did not answer within \(replyTimeout)")
        }
        guard ready & ~Int16(POLLOUT) != 0, PQconsumeInput(pointer) == 0 else { return }
        // The server's last words may have arrived with the end.
        guard PQisBusy(pointer) == 0 else {
            throw failure(.connectionLost, "the connection to Postgres was lost")
        }
    }

    /// Takes in what the server sent unasked while nobody waited: notices, its good-bye.
    func consumeUnasked() {
        // The good-bye and the end are two reads.
        for _ in 0..<3 {
            let ready = try? Self.poll(PQsocket(pointer), Int16(POLLIN), until: .now)
            guard let ready, ready != 0, PQconsumeInput(pointer) == 1 else { return }
            _ = PQisBusy(pointer)
        }
    }

    /// What the socket is ready for; 0 when the time has passed.
    private static func poll(
        _ socket: Int32,
        _ events: Int16,
        until deadline: ContinuousClock.Instant
    ) throws(PostgresError) -> Int16 {
        guard socket >= 0 else { throw PostgresError(.connectionLost, "the connection to Postgres is closed") }
        var descriptor = pollfd(fd: socket, events: events, revents: 0)
        while true {
            let left = ContinuousClock.now.duration(to: deadline).components
            let milliseconds = left.seconds * 1000 + left.attoseconds / 1_000_000_000_000_000
            // One more: a rest below a millisecond must not spin.
            let timeout = left.seconds < 0 || left.attoseconds < 0 ? 0 : min(milliseconds, 86_400_000) + 1
            #if canImport(Darwin)
                let count = Darwin.poll(&descriptor, 1, Int32(timeout))
            #elseif canImport(Glibc)
                let count = Glibc.poll(&descriptor, 1, Int32(timeout))
            #else
                let count = Musl.poll(&descriptor, 1, Int32(timeout))
            #endif
            if count > 0 { return descriptor.revents }
            if count == 0, ContinuousClock.now >= deadline { return 0 }
            if count < 0, errno != EINTR {
                throw PostgresError(.connectionLost, "cannot wait for Postgres: error \(errno)")
            }
        }
    }

    static func text(_ pointer: UnsafePointer<CChar>?) -> String? {
        guard let pointer else { return nil }
        var text = Substring(String(cString: pointer))
        while text.last?.isWhitespace == true { text.removeLast() }
        return text.isEmpty ? nil : String(text)
    }
}
