import PerchProtocol
import Redis

@testable import PerchSimulation

extension PerchSimulation.RedisCommand {
    /// The command as Redis knows it.
    var real: Redis.RedisCommand {
        switch self {
        case .add(let stream, let id, let event):
            .init("XADD", "s\(stream)", id?.description ?? "*", "event", event)
        case .delete(let stream, let ids): Redis.RedisCommand("XDEL", "s\(stream)").appending(ids)
        case .trim(let stream, let id): .init("XTRIM", "s\(stream)", "MINID", "=", id.description)
        case .trimNodes(let stream, let id, let isLimited):
            isLimited
                ? .init("XTRIM", "s\(stream)", "MINID", "~", id.description)
                : .init("XTRIM", "s\(stream)", "MINID", "~", id.description, "LIMIT", "0")
        case .newest(let stream, let milliseconds):
            .init("XREVRANGE", "s\(stream)", String(milliseconds), "-", "COUNT", "1")
        case .drop(let stream): .init("DEL", "s\(stream)")
        case .setID(let stream, let id): .init("XSETID", "s\(stream)", id.description)
        case .createGroup(let stream, let group, let id):
            .init("XGROUP CREATE", "s\(stream)", "g\(group)", id?.description ?? "$", "MKSTREAM")
        case .setGroup(let stream, let group, let id):
            .init("XGROUP SETID", "s\(stream)", "g\(group)", id.description)
        case .destroyGroup(let stream, let group): .init("XGROUP DESTROY", "s\(stream)", "g\(group)")
        case .acknowledge(let stream, let group, let ids):
            Redis.RedisCommand("XACK", "s\(stream)", "g\(group)").appending(ids)
        case .claim(let stream, let group, let consumer, let ids):
            Redis.RedisCommand("XCLAIM", "s\(stream)", "g\(group)", "c\(consumer)", 0).appending(ids)
        case .pending(let stream, let group, let upTo, let count):
            .init("XPENDING", "s\(stream)", "g\(group)", "-", upTo.description, count)
        case .range(let stream, let after, let count):
            .init("XRANGE", "s\(stream)", "(\(after)", "+", "COUNT", count)
        case .readGroup(let group, let consumer, let streams, let count, let block):
            Self.read("g\(group)", "c\(consumer)", streams.map { "s\($0)" }, count, block)
        case .watch(let stream): .init("WATCH", "s\(stream)")
        case .unwatch: .init("UNWATCH")
        case .info(let stream): .init("XINFO STREAM", "s\(stream)")
        case .ring(let stream): .init("SPUBLISH", "s\(stream)", "")
        case .flushAll: .init("FLUSHALL")
        case .groups, .exec: preconditionFailure("\(self) is more than one command")
        }
    }

    private static func read(
        _ group: String,
        _ consumer: String,
        _ streams: [String],
        _ count: Int,
        _ block: Int64
    ) -> Redis.RedisCommand {
        var command = Redis.RedisCommand("XREADGROUP", "GROUP", group, consumer, "COUNT", count)
        if block > 0 {
            command.append("BLOCK" as String)
            command.append(block)
        }
        command.append("STREAMS" as String)
        for stream in streams { command.append(stream) }
        for _ in streams { command.append(">" as String) }
        return command
    }
}

extension Redis.RedisCommand {
    fileprivate func appending(_ ids: [EntryID]) -> Self {
        var command = self
        for id in ids { command.append(id.description) }
        return command
    }
}

extension Redis.RedisReply {
    /// The reply to this command, as the simulated Redis gives it.
    func simulated(_ command: PerchSimulation.RedisCommand) throws -> PerchSimulation.RedisReply {
        switch command {
        case .add: .id(try entryID())
        case .delete, .trim, .trimNodes, .drop, .destroyGroup, .acknowledge, .ring: .integer(try integer)
        case .setID, .createGroup, .setGroup, .claim, .watch, .unwatch, .flushAll: .ok
        case .pending: .ids(try map { try $0.withElement(0) { try $0.entryID() } })
        case .range, .newest: .entries(try entries())
        case .readGroup:
            .delivered(
                isNull
                    ? []
                    : try map { stream in
                        Delivered(
                            stream: try stream.withElement(0) { try $0.number() },
                            entries: try stream.withElement(1) { try $0.entries() }
                        )
                    }
            )
        case .info:
            .info(
                StreamInfo(
                    last: try withValue(of: "last-generated-id") { try $0.entryID() },
                    length: try withValue(of: "length") { try $0.integer },
                    first: try withValue(of: "first-entry") { $0.isNull ? nil : try $0.entry().id },
                    lastEntry: try withValue(of: "last-entry") { $0.isNull ? nil : try $0.entry() }
                )
            )
        case .groups, .exec: preconditionFailure("\(command) is more than one command")
        }
    }

    /// The number in the name of a stream, a group or a consumer.
    func number() throws -> Int {
        let name = try string()
        guard let number = Int(name.dropFirst()) else { throw NeverHappened(what: "a name of ours, but \(name)") }
        return number
    }

    func entryID() throws -> EntryID {
        let text = try string()
        guard let id = EntryID(text) else { throw NeverHappened(what: "an id, but \(text)") }
        return id
    }

    private func entries() throws -> [Entry] { try map { try $0.entry() } }

    private func entry() throws -> Entry {
        let event = try withElement(1) { try $0.withValue(of: "event") { Int(try $0.string()) } }
        return Entry(id: try withElement(0) { try $0.entryID() }, event: event ?? -1)
    }
}

extension RedisError {
    /// What the simulated Redis calls this error; one that it does not know is thrown.
    var refusal: RedisRefusal {
        get throws {
            switch prefix {
            case .outOfMemory: .outOfMemory
            case .noGroup: .noGroup
            case .busyGroup: .busyGroup
            case .unblocked: .unblocked
            case .readOnly: .readOnly
            case .error where message.contains("smaller"): .smallerID
            case .error where message.contains("no such key"): .noSuchKey
            default: throw self
            }
        }
    }
}
