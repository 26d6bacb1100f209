import LocalServers
import PerchProtocol

@testable import PerchSimulation

/// A Redis, real or simulated, that is spoken to in the simulation's commands and answers in its replies.
///
/// Streams, groups and consumers are numbers; clients are those that `connect` gave.
protocol ConformingRedis: AnyObject {
    func connect() throws -> Int
    /// Executes a command that does not block.
    func execute(_ command: RedisCommand, _ client: Int) throws -> RedisReply
    /// Sends a read and returns when the server has blocked the client; its answer is had by `answer`.
    func block(_ command: RedisCommand, _ client: Int) throws
    func isBlocked(_ client: Int) throws -> Bool
    /// The answer to a read that was blocked.
    func answer(_ client: Int) throws -> RedisReply
    /// Who has what of a group pending, in the order of the ids.
    func pending(_ stream: Int, _ group: Int) throws -> [PendingEntry]
    /// Uses up the memory, or gives it back.
    func setFull(_ isFull: Bool) throws
    /// Makes the server a replica of one that is not there. Its connections stay.
    func demote() throws
    /// The server's clock.
    func milliseconds() throws -> Int64
}

struct PendingEntry: Equatable {
    let id: EntryID
    let consumer: Int
}

/// What a test waited for did not come.
struct NeverHappened: Error {
    let what: String
}

enum Server: CaseIterable {
    case real
    case simulated

    /// Runs the scenario on an empty server with two streams and two groups, known and none of them made.
    func run(_ scenario: (any ConformingRedis) throws -> Void) async throws {
        switch self {
        case .real: try await withLocalRedis { try scenario(RealRedis($0)) }
        case .simulated: try scenario(SimulatedRedisServer())
        }
    }
}

func id(_ milliseconds: Int64, _ position: Int64) -> EntryID {
    EntryID(milliseconds: milliseconds, position: position)
}

extension RedisCommand {
    /// A read by the only group, 0, unless another is named.
    static func read(_ streams: [Int], group: Int = 0, consumer: Int = 0, blocking: Bool = false) -> Self {
        .readGroup(group, consumer: consumer, streams: streams, count: 10, block: blocking ? 60_000 : 0)
    }
}

extension RedisReply {
    static func delivered(_ stream: Int, _ entries: Entry...) -> Self {
        .delivered([Delivered(stream: stream, entries: entries)])
    }
}
