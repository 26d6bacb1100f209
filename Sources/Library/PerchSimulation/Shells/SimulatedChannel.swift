import Perch
import PerchProtocol
import Redis

/// A connection to the simulated Redis, for the code that speaks to the real one: it takes commands in the bytes of the protocol
/// and answers in them.
final class SimulatedChannel: RedisChannel {
    private unowned(unsafe) let actor: ShellActor
    /// Where it leads to.
    private let address: Int
    private let number: Int
    private let parser = ReplyParser()
    private(set) var isDead = false
    private var names: [StaticString] = []
    /// Not sent yet.
    private var written: [[[UInt8]]] = []
    /// Answers that came and were not asked for yet.
    private var answers: [[UInt8]] = []

    /// - Parameter address: Of a node of a cluster.
    init(of actor: ShellActor, to address: Int = 0) {
        self.actor = actor
        self.address = address
        actor.channels += 1
        number = actor.channels
    }

    deinit { actor.dropRedis(number) }

    var outstanding: Int { names.count }

    func send(_ command: Redis.RedisCommand) throws(RedisError) {
        try check()
        names.append(command.name)
        written.append(command.arguments)
    }

    func send(_ name: StaticString, encoded: UnsafeRawBufferPointer, count: Int) throws(RedisError) {
        try check()
        let commands = Redis.RedisCommand.commands(of: encoded)
        precondition(commands.count == count, "\(commands.count) commands where \(count) were announced")
        for command in commands {
            names.append(name)
            written.append(command)
        }
    }

    /// It goes out with the next command that is waited for.
    func flush() throws(RedisError) { try check() }

    func receive<R>(_ body: (borrowing Redis.RedisReply, ReplyMemory) throws -> R) throws -> R {
        try check()
        precondition(!names.isEmpty, "no reply is outstanding")
        if answers.isEmpty { try exchange() }
        let name = names.removeFirst()
        do {
            return try parser.withReply(answers.removeFirst(), to: name, body)
        } catch let error as RedisError where error.code == .reply {
            // As a connection to a real one does.
            if actor.simulation.nodes.isCluster, let redirection = error.asRedirection { throw redirection }
            if error.isConnectionDead {
                isDead = true
                actor.noteLoss()
            }
            throw error
        }
    }

    func receiveOutstanding() throws {
        var first: (any Error)?
        while outstanding > 0 {
            do { try receive { _, _ in } } catch let error as RedisError where error.isAnswer && !error.isConnectionDead
            {
                first = first ?? error
            }
        }
        if let first { throw first }
    }

    func interruptible<R>(by descriptor: Int32, _ body: () throws -> R) rethrows -> R { try body() }

    /// All that was written goes out at once; but nothing is answered together with a read that blocks.
    private func exchange() throws {
        let batch = written
        written = []
        do {
            if batch.count > 1, batch.last?.isBlocking == true {
                answers += try exchange(Array(batch.dropLast()))
                answers += try exchange([batch[batch.count - 1]])
            } else {
                answers += try exchange(batch)
            }
        } catch let failure as ServerFailure {
            isDead = true
            throw RedisError(.connectionLost, "\(failure)")
        }
    }

    private func exchange(_ batch: [[[UInt8]]]) throws -> [[UInt8]] {
        try actor.exchange(batch, with: address, by: number)
    }

    private func check() throws(RedisError) {
        if isDead { throw RedisError(.connectionLost, "the connection is broken") }
    }
}

extension [[UInt8]] {
    var isBlocking: Bool { contains { $0.elementsEqual("BLOCK".utf8) } }

    /// As text; what is no UTF-8 is mended.
    var texts: [String] { map { String(decoding: $0, as: UTF8.self) } }
}
