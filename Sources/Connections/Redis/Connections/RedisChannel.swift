/// Where commands go and replies come from, in the same order: a `RedisConnection`, or a server that is simulated.
///
/// What it promises is what `RedisConnection` promises of the members of these names.
package protocol RedisChannel: AnyObject {
    var isDead: Bool { get }
    var outstanding: Int { get }
    func send(_ command: RedisCommand) throws(RedisError)
    func send(_ name: StaticString, encoded: UnsafeRawBufferPointer, count: Int) throws(RedisError)
    func flush() throws(RedisError)
    func receive<R>(_ body: (borrowing RedisReply, ReplyMemory) throws -> R) throws -> R
    func receiveOutstanding() throws
    func interruptible<R>(by descriptor: Int32, _ body: () throws -> R) rethrows -> R
}

extension RedisChannel {
    /// Waits for the oldest outstanding reply and lends it to the body.
    package func receive<R>(_ body: (borrowing RedisReply) throws -> R) throws -> R {
        try receive { reply, _ in try body(reply) }
    }

    /// Sends a command and lends its reply to the body.
    package func execute<R>(_ command: RedisCommand, _ body: (borrowing RedisReply) throws -> R) throws -> R {
        precondition(
            isDead || outstanding == 0,
            "\(command.name) executed while \(outstanding) replies are outstanding"
        )
        try send(command)
        return try receive(body)
    }

    /// Sends a command and waits until Redis has done it.
    package func execute(_ command: RedisCommand) throws {
        try execute(command) { _ in }
    }
}

extension RedisConnection: RedisChannel {}

extension RedisConfiguration {
    /// A connection to the server, or to all nodes of a cluster: for who asks now and then.
    package func channel() throws(RedisError) -> any RedisChannel {
        isCluster ? ClusterChannel(try ClusterConnections(self)) : try RedisConnection(self)
    }
}
