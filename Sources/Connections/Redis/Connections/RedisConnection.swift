import Executors

/// A connection to Redis on which the caller waits.
///
/// Commands are sent and replies read in the same order; any number may be underway. The connection is dead after its
/// first I/O error, protocol error or timeout: from then on every call throws `.connectionLost` with the cause, and a
/// new connection is needed. Error replies leave it alive, but for those by which a server says that it does not serve
/// (`RedisErrorPrefix.endsConnection`): a master that became a replica keeps its clients, and the name may lead elsewhere by now.
///
/// Not `Sendable`: it belongs to one actor or thread at a time, and its calls block that thread, each wait bounded by
/// the configuration's timeouts. A peer that is gone is an error here, never SIGPIPE; what the process does at SIGPIPE stays
/// as it is.
public final class RedisConnection {
    /// How long Redis may stay silent; see `RedisConfiguration.replyTimeout`.
    private var replyTimeout: Duration
    private var lifeline = Lifeline()
    private var awaited = CommandQueue()
    /// What ends a wait for a reply; below zero: only time does.
    private var interruption: Int32 = -1
    /// It leads to a node of a cluster, where "another node has it" is about one slot, and not about the server.
    private let isNode: Bool

    /// Connects; then authenticates, selects the database and names the connection, in one round trip.
    ///
    /// Where the host's name has several addresses, each is tried by itself with the whole `connectTimeout` and
    /// `replyTimeout`, the one that served last first. Where sentinels are to say who is the master, they are asked each time, the
    /// one that was right last first; the server that one names has to say itself that it is the master (ROLE).
    /// - Throws: `.connectionFailed` when nothing answers there, or a certificate is refused, or no sentinel leads to a master;
    ///   `.reply` when Redis refuses user, password or database; `.configuration` when a file of TLS cannot be used; `.timeout`,
    ///   `.connectionLost`, `.protocolError`. No text holds the password. `.configuration` also for a cluster's URL: no one connection
    ///   leads to all of its nodes.
    public init(_ configuration: RedisConfiguration) throws(RedisError) {
        replyTimeout = configuration.replyTimeout
        isNode = configuration.isNode
        switch configuration.server {
        case .cluster:
            throw RedisError(
                .configuration,
                "\(configuration) is a cluster: one connection does not lead to all of its nodes"
            )
        case .at(let endpoint): try connect(to: endpoint, of: configuration, asMaster: false)
        case .node(let endpoint):
            // A node that is frozen is soon replaced by another one, and the others wait for whoever waits for it.
            replyTimeout = min(configuration.connectTimeout, configuration.replyTimeout)
            try connect(to: endpoint, of: configuration, asMaster: false)
            replyTimeout = configuration.replyTimeout
        case .master(let sentinels):
            // A master that is frozen is soon no master: what is asked of it first is not waited for longer than of a sentinel.
            replyTimeout = min(configuration.connectTimeout, configuration.replyTimeout)
            var search = MasterSearch(by: sentinels, of: configuration)
            try search.run { endpoint throws(RedisError) in
                try connect(to: endpoint, of: configuration, asMaster: true)
            }
            replyTimeout = configuration.replyTimeout
        }
    }

    private func connect(
        to endpoint: RedisConfiguration.Endpoint,
        of configuration: RedisConfiguration,
        asMaster: Bool
    ) throws(RedisError) {
        var failures: [(RedisConfiguration.Endpoint, RedisError)] = []
        for address in configuration.memory.order(try configuration.addresses(of: endpoint)) {
            do throws(RedisError) {
                lifeline = Lifeline(try Context.connected(to: address, named: endpoint.host, of: configuration))
                awaited = CommandQueue()
                try introduce(configuration, asMaster: asMaster)
                configuration.memory.noteGood(address)
                return
            } catch {
                guard error.isConnectionDead else { throw error }
                failures.append((address, error))
            }
        }
        throw RedisError.noneServes(failures, of: configuration)
    }

    /// Whether an earlier failure has ended the connection.
    public var isDead: Bool { lifeline.isDead }

    /// How many commands were sent whose replies have not been received.
    public var outstanding: Int { awaited.count }

    /// Adds a command to the output buffer, which is written by the next `receive`, `execute` or `flush`.
    /// - Throws: `.connectionLost` on a dead connection.
    public func send(_ command: RedisCommand) throws(RedisError) {
        try lifeline.use(command.name) { context throws(RedisError) in context.append(command) }
        awaited.append(command.name)
    }

    /// Adds commands that were made before, in the bytes of the protocol: each an array of its name and arguments. The caller
    /// answers for their form and their number. They are copied.
    /// - Throws: `.connectionLost` on a dead connection.
    package func send(_ name: StaticString, encoded: UnsafeRawBufferPointer, count: Int) throws(RedisError) {
        try lifeline.use(name) { context throws(RedisError) in context.append(encoded: encoded) }
        for _ in 0..<count { awaited.append(name) }
    }

    /// Writes the output buffer, without waiting for replies.
    /// - Throws: `.timeout` or `.connectionLost`; the connection is dead then.
    public func flush() throws(RedisError) {
        let command = awaited.first ?? ""
        try lifeline.use(command) { context throws(RedisError) in
            try context.flush(within: replyTimeout, command: command)
        }
    }

    /// Waits for the oldest outstanding reply and lends it to the body.
    /// - Throws: `.reply` when it is an error; `.timeout`, `.connectionLost` or `.protocolError`, and the connection is
    ///   dead then; `.misuse` when no reply is outstanding; what the body throws, and the connection goes on.
    public func receive<R>(_ body: (borrowing RedisReply) throws -> R) throws -> R {
        try receive { reply, _ in try body(reply) }
    }

    /// As `receive`, and the reply's memory with it: while the body's result refers to it, what was lent stays where it is.
    package func receive<R>(_ body: (borrowing RedisReply, ReplyMemory) throws -> R) throws -> R {
        let command = awaited.first ?? ""
        let reply = try nextReply(command)
        return try reply.withValue(command: command, body)
    }

    /// Sends a command and lends its reply to the body.
    /// - Precondition: no reply is outstanding, for the reply received would be another command's.
    /// - Throws: as `receive`.
    public func execute<R>(_ command: RedisCommand, _ body: (borrowing RedisReply) throws -> R) throws -> R {
        precondition(
            isDead || outstanding == 0,
            "\(command.name) executed while \(outstanding) replies are outstanding"
        )
        try send(command)
        return try receive(body)
    }

    /// Sends a command and waits until Redis has done it.
    /// - Precondition: no reply is outstanding.
    /// - Throws: as `receive`.
    public func execute(_ command: RedisCommand) throws {
        try execute(command) { _ in }
    }

    /// Reads all outstanding replies. An error inside an array is not looked for.
    /// - Throws: the first error reply, after all replies are read; else as `receive`.
    public func receiveOutstanding() throws {
        var first: (any Error)?
        while outstanding > 0 {
            do {
                try receive { _ in }
            } catch let error as RedisError where error.isAnswer && !error.isConnectionDead {
                first = first ?? error
            }
        }
        if let first { throw first }
    }

    /// Runs the body with another reply timeout, as a command needs that blocks longer than the default.
    public func withReplyTimeout<R>(_ timeout: Duration, _ body: () throws -> R) rethrows -> R {
        let usual = replyTimeout
        replyTimeout = timeout
        defer { replyTimeout = usual }
        return try body()
    }

    /// Runs the body; when the descriptor can be read while a reply is awaited, the wait ends with `.interrupted`, and the
    /// connection with it: the reply may still come.
    package func interruptible<R>(by descriptor: Int32, _ body: () throws -> R) rethrows -> R {
        interruption = descriptor
        defer { interruption = -1 }
        return try body()
    }

    /// Takes what the server has sent by itself, as a message of a channel: what came to this connection and is not taken yet. It
    /// does not wait.
    ///
    /// - Precondition: No reply is outstanding but those of subscriptions, which come in the same way.
    /// - Returns: What the body makes of it; nil where nothing whole has come.
    /// - Throws: `.connectionLost`, `.protocolError`, and the connection is dead then; what the body throws.
    package func takeMessage<R>(_ body: (borrowing RedisReply) throws -> R) throws -> R? {
        guard let message = try nextMessage() else { return nil }
        return try message.withRoot(body)
    }

    private func nextMessage() throws(RedisError) -> OwnedReply? {
        try lifeline.use("SSUBSCRIBE") { context throws(RedisError) in
            try context.message(within: replyTimeout, command: "SSUBSCRIBE")
        }
    }

    /// Sends commands whose answers come as messages.
    package func sendForMessages(_ commands: [RedisCommand]) throws(RedisError) {
        try lifeline.use("SSUBSCRIBE") { context throws(RedisError) in
            for command in commands { context.append(command) }
            try context.flush(within: replyTimeout, command: "SSUBSCRIBE")
        }
    }

    /// The socket, for poll(2); nil on a dead connection. What `takeMessage` has left unread may not show there: first take all.
    package var descriptor: Int32? {
        try? lifeline.use("") { context throws(RedisError) in context.descriptor }
    }

    private func nextReply(_ command: StaticString) throws(RedisError) -> OwnedReply {
        let isAwaited = outstanding > 0
        let reply = try lifeline.use(command) { context throws(RedisError) in
            guard isAwaited else { throw RedisError(.misuse, "no reply is outstanding") }
            return try context.reply(within: replyTimeout, command: command, interruptedBy: interruption)
        }
        awaited.removeFirst()
        if let error = reply.error(command: command) {
            if isNode, let redirection = error.asRedirection { throw redirection }
            if error.isConnectionDead { lifeline.end(error) }
        }
        return reply
    }

    private func introduce(_ configuration: RedisConfiguration, asMaster: Bool) throws(RedisError) {
        if let password = configuration.password {
            var authentication = RedisCommand("AUTH")
            if let user = configuration.user { authentication.append(user) }
            authentication.append(password.value)
            try send(authentication)
        }
        if configuration.database != 0 { try send(RedisCommand("SELECT", configuration.database)) }
        let name = configuration.clientName.utf8.map { (0x21...0x7E).contains($0) ? $0 : UInt8(ascii: "-") }
        if asMaster { try send(RedisCommand("ROLE")) }
        try send(RedisCommand("CLIENT SETNAME", name))

        while outstanding > 0 {
            let command = awaited.first ?? ""
            let reply = try nextReply(command)
            guard let error = reply.error(command: command) else {
                // Its reply is the last but one.
                if asMaster, outstanding == 1 { try requireMaster(reply) }
                continue
            }
            // The name is a convenience, which a narrow ACL need not allow.
            if outstanding == 0, error.prefix == .noPermission { continue }
            throw RedisError(
                error.code,
                configuration.password?.removed(from: error.message) ?? error.message,
                prefix: error.prefix,
                command: error.command
            )
        }
    }
    /// A sentinel may name a server that is no master any more, and a name may lead there.
    private func requireMaster(_ role: borrowing OwnedReply) throws(RedisError) {
        let name = try? role.withValue(command: "ROLE") { value, _ in try value.withElement(0) { try $0.string() } }
        guard name != "master" else { return }
        let text = name == "slave" ? "it is a replica" : "it is not a master"
        let error = RedisError(.connectionFailed, text, command: "ROLE")
        lifeline.end(error)
        throw error
    }
}
