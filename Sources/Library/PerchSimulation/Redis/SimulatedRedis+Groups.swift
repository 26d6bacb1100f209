import PerchProtocol

/// Consumer groups. None of these commands breaks a WATCH, but for a stream made by MKSTREAM.
extension SimulatedRedis {
    mutating func performOnGroup(_ command: RedisCommand) -> RedisReply {
        switch command {
        case .createGroup(let stream, let group, let id):
            if streams[stream] == nil {
                streams[stream] = Stream(groups: Array(repeating: nil, count: groupCount))
                modify(stream)
            }
            guard streams[stream]?.groups[group] == nil else { return .refused(.busyGroup) }
            let start = id ?? streams[stream]?.last ?? .zero
            streams[stream]?.groups[group] = Group(lastDelivered: start)
            return .ok
        case .setGroup(let stream, let group, let id):
            guard streams[stream]?.groups[group] != nil else { return .refused(.noGroup) }
            streams[stream]?.groups[group]?.lastDelivered = id
            return .ok
        case .destroyGroup(let stream, let group):
            guard streams[stream]?.groups[group] != nil else { return .integer(0) }
            streams[stream]?.groups[group] = nil
            touched.append(stream)
            return .integer(1)
        case .acknowledge(let stream, let group, let ids):
            let before = streams[stream]?.groups[group]?.pending.count ?? 0
            streams[stream]?.groups[group]?.pending.removeAll { ids.contains($0.id) }
            return .integer(before - (streams[stream]?.groups[group]?.pending.count ?? 0))
        case .claim(let stream, let group, let consumer, let ids):
            guard var pending = streams[stream]?.groups[group]?.pending else { return .refused(.noGroup) }
            for index in pending.indices where ids.contains(pending[index].id) { pending[index].consumer = consumer }
            streams[stream]?.groups[group]?.pending = pending
            return .ok
        case .pending(let stream, let group, let upTo, let count):
            guard let group = streams[stream]?.groups[group] else { return .refused(.noGroup) }
            return .ids(Array(group.pending.prefix { $0.id <= upTo }.prefix(count).map(\.id)))
        default:
            preconditionFailure("\(command) is not a command of one reply")
        }
    }

    /// Delivers what is past the group's last delivered id; an entry pending for another consumer changes hands.
    mutating func deliver(_ stream: Int, _ reader: Blocked) -> Delivered? {
        guard let last = streams[stream]?.groups[reader.group]?.lastDelivered else { return nil }
        let entries = Array(entries(stream, after: last).prefix(reader.count))
        guard let newest = entries.last, var group = streams[stream]?.groups[reader.group] else { return nil }
        streams[stream]?.groups[reader.group] = nil
        for entry in entries {
            var index = group.pending.count
            while index > 0, group.pending[index - 1].id >= entry.id { index -= 1 }
            if index < group.pending.count, group.pending[index].id == entry.id {
                group.pending[index].consumer = reader.consumer
            } else {
                group.pending.insert(Pending(id: entry.id, consumer: reader.consumer), at: index)
            }
        }
        group.lastDelivered = newest.id
        streams[stream]?.groups[reader.group] = group
        return Delivered(stream: stream, entries: entries)
    }
}
