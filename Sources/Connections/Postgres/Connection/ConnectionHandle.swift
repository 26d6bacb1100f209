import CLibPQ
import Executors

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
    /// How long the server may be silent; nil: as long as its machine is there.
    var replyTimeout: Duration?
    private let stop: StopSignal?
    private let host: PostgresHost
    private let memory: PlaceMemory<PostgresHost>

    deinit {
        PQfinish(pointer)
    }

    /// Connects to one server, within the configuration's time.
    init(
        _ configuration: PostgresConfiguration,
        to host: PostgresHost,
        as attributes: String?
    ) throws(PostgresError) {
        replyTimeout = configuration.replyTimeout
        stop = configuration.stop
        self.host = host
        memory = configuration.memory
        pointer = Self.start(Self.options(configuration, host, attributes))
        // By default libpq prints notices to standard error.
        PQsetNoticeReceiver(pointer, { _, _ in }, nil)
        try connect(to: configuration)
        guard PQsetnonblocking(pointer, 1) == 0, PQenterPipelineMode(pointer) == 1 else {
            throw failure(.connectionFailed, "the connection cannot be pipelined")
        }
    }

    /// libpq takes the last of those that stand there twice.
    static func options(
        _ configuration: PostgresConfiguration,
        _ host: PostgresHost,
        _ attributes: String?
    ) -> [(String, String)] {
        var options = [
            // A server's machine that is gone is noticed within 30 s also where no reply is due, or none for long.
            ("keepalives_idle", "15"),
            ("keepalives_interval", "5"),
            ("keepalives_count", "3"),
            ("tcp_user_timeout", "30000"),
            // Expanded as a connection string; what follows overrides it.
            ("dbname", configuration.url),
            ("application_name", configuration.applicationName),
            ("client_encoding", "UTF8"),
        ]
        if let name = host.name { options.append(("host", name)) }
        if let address = host.address { options.append(("hostaddr", address)) }
        if let port = host.port { options.append(("port", port)) }
        if let attributes { options.append(("target_session_attrs", attributes)) }
        return options
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

    private func connect(to configuration: PostgresConfiguration) throws(PostgresError) {
        let timeout = configuration.connectTimeout
        let deadline = ContinuousClock.now + timeout
        let summary = "cannot connect to \(configuration)"
        var events = Int16(POLLOUT)
        guard PQstatus(pointer) != CONNECTION_BAD else { throw failure(.connectionFailed, summary) }
        while true {
            guard try Self.poll(PQsocket(pointer), events, until: deadline, stop) != 0 else {
                throw PostgresError(.connectionFailed, summary, message: "\(host) did not answer within \(timeout)")
            }
            switch PQconnectPoll(pointer) {
            case PGRES_POLLING_OK: return
            case PGRES_POLLING_READING: events = Int16(POLLIN)
            case PGRES_POLLING_WRITING: events = Int16(POLLOUT)
            default: throw failure(.connectionFailed, summary)
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

    /// Whether the server takes no writes, as it has told by itself: a standby, or a primary that was made read-only. Known of
    /// servers from 14 on.
    var isReadOnly: Bool {
        isOn("in_hot_standby") || isOn("default_transaction_read_only")
    }

    private func isOn(_ parameter: String) -> Bool {
        PQparameterStatus(pointer, parameter).map { strcmp($0, "on") == 0 } ?? false
    }

    /// The next connection is made to another server, if there is one.
    func noteUnfit() { memory.noteBad(host) }

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
        let socket = PQsocket(pointer)
        var (ready, left) = (Int16(0), replyTimeout)
        // Nearly always it answers at once: in the first second no clock is looked at, which costs as much as the rest of the wait.
        if socket >= 0, stop?.isRaised != true, left.map({ $0 >= .seconds(1) }) ?? true {
            let first = Self.poll(socket, events, orFor: stop?.descriptor, atMost: 1000)
            ready = first.ready
            if first.count == 0 { left = left.map { $0 - .seconds(1) } }
        }
        if ready == 0 { ready = try Self.poll(socket, events, until: left.map { ContinuousClock.now + $0 }, stop) }
        guard ready != 0 else {
            throw PostgresError(.timeout, "Postgres did not answer within \(replyTimeout ?? .zero)")
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
            let ready = Self.poll(PQsocket(pointer), Int16(POLLIN), orFor: nil, atMost: 0).ready
            guard ready != 0, PQconsumeInput(pointer) == 1 else { return }
            _ = PQisBusy(pointer)
        }
    }

    /// What the socket is ready for; 0 when the time has passed.
    ///
    /// - Parameter deadline: Nil: none, but for that of `stop`, once it is raised.
    private static func poll(
        _ socket: Int32,
        _ events: Int16,
        until deadline: ContinuousClock.Instant?,
        _ stop: StopSignal?
    ) throws(PostgresError) -> Int16 {
        guard socket >= 0 else { throw PostgresError(.connectionLost, "the connection to Postgres is closed") }
        while true {
            // Raised while we wait, it wakes us by its descriptor, and is looked at again.
            let end = stop?.deadline
            if let end, ContinuousClock.now >= end {
                throw PostgresError(.connectionLost, "cut off: the time to stop was over")
            }
            // Each transaction passes here: without arrays.
            let limit = if let deadline, let end { min(deadline, end) } else { deadline ?? end }
            let wake = end == nil ? stop?.descriptor : nil
            let (count, ready, cause) = poll(socket, events, orFor: wake, atMost: milliseconds(until: limit))
            if ready != 0 { return ready }
            if count == 0, let deadline, ContinuousClock.now >= deadline { return 0 }
            if count < 0, cause != EINTR {
                throw PostgresError(.connectionLost, "cannot wait for Postgres: error \(cause)")
            }
        }
    }

    /// As poll(2) wants it, a day at the most: who waits looks again.
    private static func milliseconds(until limit: ContinuousClock.Instant?) -> Int32 {
        guard let limit else { return 86_400_000 }
        let left = ContinuousClock.now.duration(to: limit)
        guard left >= .zero else { return 0 }
        let (seconds, attoseconds) = left.components
        // One more: a rest below a millisecond must not spin.
        return Int32(clamping: min(seconds, 86_400) * 1000 + attoseconds / 1_000_000_000_000_000 + 1)
    }

    /// - Parameters:
    ///   - wake: Another descriptor that ends the wait; nil: none does.
    ///   - timeout: Milliseconds.
    private static func poll(
        _ socket: Int32,
        _ events: Int16,
        orFor wake: Int32?,
        atMost timeout: Int32
    ) -> (count: Int32, ready: Int16, cause: Int32) {
        var pair = (
            pollfd(fd: socket, events: events, revents: 0),
            // Below zero is passed over.
            pollfd(fd: wake ?? -1, events: Int16(POLLIN), revents: 0)
        )
        let (count, cause) = withUnsafeMutablePointer(to: &pair) {
            $0.withMemoryRebound(to: pollfd.self, capacity: 2) { descriptors in
                #if canImport(Darwin)
                    (Darwin.poll(descriptors, 2, timeout), errno)
                #elseif canImport(Glibc)
                    (Glibc.poll(descriptors, 2, timeout), errno)
                #else
                    (Musl.poll(descriptors, 2, timeout), errno)
                #endif
            }
        }
        return (count, pair.0.revents, cause)
    }

    static func text(_ pointer: UnsafePointer<CChar>?) -> String? {
        guard let pointer else { return nil }
        var text = Substring(String(cString: pointer))
        while text.last?.isWhitespace == true { text.removeLast() }
        return text.isEmpty ? nil : String(text)
    }
}
