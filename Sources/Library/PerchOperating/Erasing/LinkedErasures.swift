import FoundationEssentials
import Perch
import PerchProtocol
import Postgres

/// A place in a stream.
struct StreamPlaceOfEvent: Sendable, Hashable {
    let partition: Partition
    let id: EntryID
}

/// `Erasures`, on the thread of the links.
struct LinkedErasures {
    let links: SystemLinks

    func plan(_ name: TopicName, key: String) throws -> ErasurePlan {
        let topic = try links.topic(name)
        let (ends, events, counts) = try links.withDatabase(of: topic.owner) { connection in
            let store = ErasureStore(connection: connection, topic: name, key: key)
            let ends = try store.ends()
            guard !ends.isEmpty else {
                throw OperationRefused(
                    reason: "the database of \(topic.owner) does not have topic \(name)",
                    advice: .migrate(owner: topic.owner)
                )
            }
            let events = try ends.keys.sorted().flatMap {
                try store.events(of: $0, past: 0, through: ends[$0] ?? 0)
            }
            return (ends, events, try store.counts())
        }
        let groups = try topic.groups.map { try group($0, name, key, events) }
        var records: [String: Int] = [:]
        for service in Set([topic.owner] + topic.groups.map(\.rawValue)) {
            let (database, count) = try links.withDatabase(of: service) { connection in
                let store = GroupErasureStore(connection: connection, topic: name, key: key)
                let failed = try failedIDs(name, key, on: connection)
                let database = try OperatingStore(connection: connection).identity()
                return (database, try store.records(of: events.map(\.eventID) + failed))
            }
            records[database] = count
        }
        var streamed = 0
        for partition in ends.keys.sorted() {
            try forEachPage(of: partition, key) { streamed += $0.count }
        }
        return ErasurePlan(
            topic: name,
            key: key,
            outbox: counts.outbox,
            refused: counts.refused,
            foreign: counts.foreign,
            stream: streamed,
            records: records.values.reduce(0, +),
            groups: groups,
            events: events,
            ends: ends
        )
    }

    private func group(
        _ group: GroupName,
        _ topic: TopicName,
        _ key: String,
        _ events: [PlacedEvent]
    ) throws -> ErasurePlan.Group {
        try links.withDatabase(of: group.rawValue) { connection in
            let store = GroupErasureStore(connection: connection, topic: topic, key: key)
            let checkpoints = try store.checkpoints(of: group)
            return ErasurePlan.Group(
                group: group,
                unread: events.count { $0.id.position > checkpoints[$0.partition] ?? 0 },
                failed: try store.failed(in: group)
            )
        }
    }

    private func failedIDs(_ topic: TopicName, _ key: String, on connection: PostgresConnection) throws -> [UUID] {
        try connection.query("SELECT event_id FROM perch.failed_events WHERE topic = \(topic) AND subject = \(key)") {
            try $0.decode("event_id", as: UUID.self)
        }
    }

    // MARK: Databases

    func eraseRecords(_ plan: ErasurePlan, of events: [UUID], in service: String, by: String) throws -> Int {
        try links.withDatabase(of: service) { connection in
            let failed = try failedIDs(plan.topic, plan.key, on: connection)
            return try GroupErasureStore(connection: connection, topic: plan.topic, key: plan.key)
                .eraseRecords(of: events + failed, by: by)
        }
    }

    func eraseOwned(_ plan: ErasurePlan, evenUnhandled: Bool, by: String) throws -> ErasureStore.Erased {
        try links.withDatabase(of: try links.topic(plan.topic).owner) { connection in
            try ErasureStore(connection: connection, topic: plan.topic, key: plan.key)
                .erase(plan, isAll: evenUnhandled, by: by)
        }
    }

    /// What a worker has read before is never committed after this, so nothing of it comes back.
    ///
    /// - Parameter isAll: Also what has failed that is not among these events.
    func eraseFailed(
        _ plan: ErasurePlan,
        _ events: [PlacedEvent],
        isAll: Bool,
        in service: String,
        by: String
    ) throws -> Int {
        let topic = try links.topic(plan.topic)
        return try links.withDatabase(of: service) { connection in
            let store = GroupErasureStore(connection: connection, topic: plan.topic, key: plan.key)
            for group in topic.groups where group.rawValue == service {
                try store.fence(group, Set(events.map(\.partition)).sorted())
            }
            return try store.eraseFailed(only: isAll ? nil : events.map(\.eventID), by: by)
        }
    }

    /// Rows of the log, and records, are the schema's owner's to change. Asked of each database before any is changed.
    func requireRights(in service: String) throws {
        let isOwner = try links.withDatabase(of: service) { connection in
            try connection.query(
                """
                SELECT has_table_privilege('perch.log', 'UPDATE') AND has_table_privilege('perch.operations', 'UPDATE')
                    AND has_table_privilege('perch.foreign_entries', 'DELETE') AS is_owner
                """
            ) { try $0.decode("is_owner", as: Bool.self) }.first == true
        }
        guard isOwner else {
            throw OperationRefused(
                reason: "the role that reached the database of \(service) may not erase there",
                advice: .useOwnersRole(owner: service)
            )
        }
    }

    // MARK: Streams

    /// Takes the key's entries out of the streams, as far as each partition was erased.
    ///
    /// - Returns: How many; and of those that have a place in the log, where.
    func eraseStreamed(
        _ topic: TopicName,
        key: String,
        upTo ends: [Partition: Position]
    ) throws -> (count: Int, places: Set<StreamPlaceOfEvent>) {
        let owner = try links.topic(topic).owner
        var count = 0
        var places: Set<StreamPlaceOfEvent> = []
        for (partition, end) in ends {
            var found: [EntryID] = []
            try forEachPage(of: partition, key) { ids in
                let old = ids.filter { (EntryID($0)?.position ?? 0) <= end }
                try links.withStreams { try $0.remove(old, from: partition) }
                count += old.count
                found += old.compactMap { EntryID($0) }
            }
            guard !found.isEmpty else { continue }
            let logged = try links.withDatabase(of: owner) {
                try ErasureStore(connection: $0, topic: topic, key: key).logged(found, of: partition)
            }
            places.formUnion(logged.map { StreamPlaceOfEvent(partition: partition, id: $0) })
        }
        return (count, places)
    }

    /// Whether the streams have an entry at each of these places, but for those that retention may have dropped.
    func isWhole(_ topic: TopicName, _ places: Set<StreamPlaceOfEvent>) throws -> Bool {
        guard !places.isEmpty else { return true }
        let trimmed = try links.withDatabase(of: try links.topic(topic).owner) {
            try ErasureStore(connection: $0, topic: topic, key: "").trimmed()
        }
        for (partition, places) in Dictionary(grouping: places, by: \.partition) {
            let needed = places.map(\.id).filter { $0.position > trimmed[partition] ?? 0 }
            for start in stride(from: 0, to: needed.count, by: 1000) {
                let part = Array(needed[start..<min(start + 1000, needed.count)])
                guard try links.withStreams({ try $0.present(part, in: partition) }).count == part.count else {
                    return false
                }
            }
        }
        return true
    }

    private func forEachPage(of partition: Partition, _ key: String, _ body: ([String]) throws -> Void) throws {
        var after: String?
        repeat {
            let page = try links.withStreams {
                try $0.entries(of: partition, withSubject: key, after: after)
            }
            if !page.ids.isEmpty { try body(page.ids) }
            after = page.next
        } while after != nil
    }
}
