import PerchProtocol

/// The commands that the simulated Redis knows. A stream is named by its partition's number, a group by its index.
enum RedisCommand {
    /// `XADD`, with `*` where the id is nil.
    case add(Int, EntryID?, event: Int)
    case delete(Int, [EntryID])
    /// `XTRIM MINID = `
    case trim(Int, below: EntryID)
    /// `XTRIM MINID ~ `, whole nodes; with the limit that Redis has by itself, or none.
    case trimNodes(Int, below: EntryID, isLimited: Bool)
    case drop(Int)
    /// `XSETID`
    case setID(Int, EntryID)
    /// `XGROUP CREATE … MKSTREAM`; `$` where the id is nil.
    case createGroup(Int, Int, EntryID?)
    case setGroup(Int, Int, EntryID)
    case destroyGroup(Int, Int)
    case acknowledge(Int, Int, [EntryID])
    /// `XCLAIM … 0`
    case claim(Int, Int, consumer: Int, [EntryID])
    /// `XPENDING stream group - upTo count`
    case pending(Int, Int, upTo: EntryID, count: Int)
    /// `XRANGE stream (after + COUNT count`
    case range(Int, after: EntryID, count: Int)
    /// `XREVRANGE stream milliseconds - COUNT 1`
    case newest(Int, notAfter: Int64)
    /// `XREADGROUP GROUP … COUNT … BLOCK … STREAMS … >`
    case readGroup(Int, consumer: Int, streams: [Int], count: Int, block: Int64)
    case watch(Int)
    case unwatch
    /// `XINFO STREAM`
    case info(Int)
    /// `XINFO GROUPS`, and the lowest pending id of each
    case groups(Int)
    /// `MULTI … EXEC`
    indirect case exec([RedisCommand])
    /// `SPUBLISH`: rings for those who wait for this stream.
    case ring(Int)
    case flushAll

    /// The stream that it is about, by which a cluster's node says whether it has it; nil: it is about none.
    var stream: Int? {
        switch self {
        case .add(let stream, _, _), .delete(let stream, _), .trim(let stream, _), .trimNodes(let stream, _, _),
            .drop(let stream), .setID(let stream, _), .createGroup(let stream, _, _), .setGroup(let stream, _, _),
            .destroyGroup(let stream, _), .acknowledge(let stream, _, _), .claim(let stream, _, _, _),
            .pending(let stream, _, _, _), .range(let stream, _, _), .newest(let stream, _), .watch(let stream),
            .info(let stream), .groups(let stream), .ring(let stream):
            stream
        case .readGroup(_, _, let streams, _, _): streams.first
        case .exec(let commands): commands.first?.stream
        case .unwatch, .flushAll: nil
        }
    }

    /// What a replica refuses.
    var writes: Bool {
        switch self {
        case .pending, .range, .newest, .watch, .unwatch, .info, .groups, .ring: false
        case .exec(let commands): commands.contains(where: \.writes)
        default: true
        }
    }

    /// Refused when memory is used up: what has the flag `denyoom`, and everything between MULTI and EXEC, because its
    /// queue takes memory.
    var needsMemory: Bool {
        switch self {
        case .add, .createGroup, .setID: true
        case .exec(let commands): !commands.isEmpty
        default: false
        }
    }
}

enum RedisReply: Equatable {
    case ok
    case integer(Int)
    case id(EntryID)
    /// EXEC found a watched key changed.
    case null
    case refused(RedisRefusal)
    case entries([Entry])
    case delivered([Delivered])
    case ids([EntryID])
    case info(StreamInfo?)
    case groups([GroupInfo?])
    indirect case exec([RedisReply])
}

enum RedisRefusal: Equatable {
    case outOfMemory
    case noGroup
    case busyGroup
    case unblocked
    /// `ERR The ID specified in XADD is equal or smaller …`
    case smallerID
    case noSuchKey
    /// It is a replica.
    case readOnly
    /// Of a cluster: the node at this address has the slot.
    case moved(to: Int)
    /// The node at this address is just taking it over.
    case ask(Int)
    /// No server has said so: its node does not answer.
    case away

    /// It is the node's, and says nothing of the stream.
    var isOfNode: Bool {
        switch self {
        case .moved, .ask, .away: true
        default: false
        }
    }
}

struct Entry: Equatable {
    let id: EntryID
    /// The event's identity; negative for what nobody has published.
    let event: Int
    /// As a reader sees it: a forged one has a valid envelope.
    var isOurs: Bool { event >= 0 || event <= Self.forged }

    /// From here down they are forged.
    static let forged = -10_000
    /// From here down they could not be read when they were adopted into the log: each stream that is made of it says so.
    static let unreadable = -100_000

    /// The same, as the stream had it that it was adopted from.
    var original: Int { event <= Self.unreadable ? event - Self.unreadable : event }
}

struct Delivered: Equatable {
    let stream: Int
    let entries: [Entry]
}

struct StreamInfo: Equatable {
    let last: EntryID
    let length: Int
    let first: EntryID?
    let lastEntry: Entry?
}

struct GroupInfo: Equatable {
    let lastDelivered: EntryID
    let lowestPending: EntryID?
}

extension RedisReply {
    /// Why the node has not done it.
    var nodeRefusal: RedisRefusal? { if case .refused(let refusal) = self, refusal.isOfNode { refusal } else { nil } }
    var isReadOnly: Bool { if case .refused(.readOnly) = self { true } else { false } }
    var isRefusal: Bool { if case .refused = self { true } else { false } }
    var isOutOfMemory: Bool { if case .refused(.outOfMemory) = self { true } else { false } }
}
