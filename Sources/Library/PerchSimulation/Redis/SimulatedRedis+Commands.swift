import PerchProtocol

extension SimulatedRedis {
    /// Executes one command; nil means that the connection is blocked.
    mutating func execute(_ command: RedisCommand, _ connection: Int) -> RedisReply? {
        if let refusal = refusal(of: command, connection) {
            // A refused command spoils its whole transaction.
            if case .exec = command { connections[connection].watched = [] }
            return .refused(refusal)
        }
        if isFull, command.needsMemory {
            if case .exec = command { connections[connection].watched = [] }
            return .refused(.outOfMemory)
        }
        switch command {
        case .watch(let stream):
            watch(stream, connection)
            return .ok
        case .unwatch:
            connections[connection].watched = []
            return .ok
        case .exec(let commands):
            let isUnchanged = isUnchanged(connection)
            connections[connection].watched = []
            guard isUnchanged else { return .null }
            return .exec(commands.map { perform($0) })
        case .readGroup(let group, let consumer, let streams, let count, let block):
            if streams.contains(where: { self.streams[$0]?.groups[group] == nil }) { return .refused(.noGroup) }
            let blocked = Blocked(group: group, consumer: consumer, streams: streams, count: count)
            let delivered = streams.compactMap { deliver($0, blocked) }
            if delivered.isEmpty, block > 0 {
                _ = self.block(connection, blocked)
                return nil
            }
            return .delivered(delivered)
        default:
            return perform(command)
        }
    }

    private mutating func perform(_ command: RedisCommand) -> RedisReply {
        switch command {
        case .add(let stream, let id, let event): return add(stream, id, event)
        case .delete(let stream, let ids):
            let before = streams[stream]?.entries.count ?? 0
            streams[stream]?.entries.removeAll { ids.contains($0.id) }
            return removed(stream, before)
        case .trim(let stream, let id):
            let before = streams[stream]?.entries.count ?? 0
            streams[stream]?.entries.removeAll { $0.id < id }
            return removed(stream, before)
        case .trimNodes(let stream, let id, let isLimited):
            let size = Self.nodeSize
            let below = streams[stream]?.entries.prefix { $0.id < id }.count ?? 0
            let whole = below / size * size
            streams[stream]?.entries.removeFirst(isLimited ? min(whole, size) : whole)
            if whole > 0 { modify(stream) }
            return .integer(isLimited ? min(whole, size) : whole)
        case .newest(let stream, let milliseconds):
            return .entries(streams[stream]?.entries.last { $0.id.milliseconds <= milliseconds }.map { [$0] } ?? [])
        case .drop(let stream):
            guard streams[stream] != nil else { return .integer(0) }
            streams[stream] = nil
            modify(stream)
            hasShrunk[stream] = true
            return .integer(1)
        case .setID(let stream, let id):
            guard let top = streams[stream]?.entries.last?.id ?? streams[stream].map({ _ in EntryID.zero }) else {
                return .refused(.noSuchKey)
            }
            guard id >= top else { return .refused(.smallerID) }
            if let last = streams[stream]?.last, id < last { hasShrunk[stream] = true }
            streams[stream]?.last = id
            return .ok
        case .range(let stream, let after, let count):
            return .entries(Array(entries(stream, after: after).prefix(count)))
        case .info(let stream):
            return .info(
                streams[stream].map {
                    StreamInfo(
                        last: $0.last,
                        length: $0.entries.count,
                        first: $0.entries.first?.id,
                        lastEntry: $0.entries.last
                    )
                }
            )
        case .groups(let stream):
            let none = [GroupInfo?](repeating: nil, count: groupCount)
            return .groups(
                streams[stream]?.groups.map { group in
                    group.map { GroupInfo(lastDelivered: $0.lastDelivered, lowestPending: $0.pending.first?.id) }
                } ?? none
            )
        case .flushAll:
            for stream in streams.indices where streams[stream] != nil {
                streams[stream] = nil
                modify(stream)
                hasShrunk[stream] = true
            }
            return .ok
        case .ring(let stream):
            rings.append(stream)
            return .integer(1)
        default: return performOnGroup(command)
        }
    }

    private mutating func removed(_ stream: Int, _ before: Int) -> RedisReply {
        let count = before - (streams[stream]?.entries.count ?? 0)
        if count > 0 { modify(stream) }
        return .integer(count)
    }

    private mutating func add(_ stream: Int, _ id: EntryID?, _ event: Int) -> RedisReply {
        let last = streams[stream]?.last ?? .zero
        let id =
            id
            ?? (milliseconds > last.milliseconds
                ? EntryID(milliseconds: milliseconds, position: 0)
                : EntryID(milliseconds: last.milliseconds, position: last.position + 1))
        guard id > last else { return .refused(.smallerID) }
        if streams[stream] == nil { streams[stream] = Stream(groups: Array(repeating: nil, count: groupCount)) }
        streams[stream]?.entries.append(Entry(id: id, event: event))
        streams[stream]?.last = id
        modify(stream)
        return .id(id)
    }

    func entries(_ stream: Int, after id: EntryID) -> ArraySlice<Entry> {
        guard let entries = streams[stream]?.entries else { return [] }
        var low = 0
        var high = entries.count
        while low < high {
            let middle = (low + high) / 2
            if entries[middle].id <= id { low = middle + 1 } else { high = middle }
        }
        return entries[low...]
    }
}
