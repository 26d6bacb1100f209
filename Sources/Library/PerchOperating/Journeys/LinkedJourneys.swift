import FoundationEssentials
import Perch
import Postgres

/// `EventJourneys`, on the thread of the links.
struct LinkedJourneys {
    let links: SystemLinks

    func events(
        at id: EntryID,
        in topic: TopicContract
    ) throws -> (journeys: [EventJourney], problems: [ServerProblem]) {
        try look(in: topic) { partition, problems in
            var found = try links.ask(&problems) {
                try links.withStreams { try $0.entry(id, of: partition, source: topic.owner) }
            }.flatMap(\.self).flatMap { FoundEvent($0, in: partition) }
            let logged = try links.ask(&problems) {
                try links.withDatabase(of: topic.owner) {
                    try LogReader(connection: $0, source: topic.owner).event(at: id, of: partition)
                }
            }.flatMap(\.self)
            if logged != nil { found?.seenIn.insert(.log) }
            return found ?? logged
        }
    }

    func event(
        _ id: UUID,
        in topic: TopicContract
    ) throws -> (journeys: [EventJourney], problems: [ServerProblem]) {
        let made = id.milliseconds
        var problems: [ServerProblem] = []
        let partitions = try partitions(of: topic, &problems)
        var found: [Partition: FoundEvent] = [:]
        if let made {
            for partition in partitions {
                found[partition] = try links.ask(&problems) {
                    try links.withStreams { try find(id, madeAt: made, partition, topic, $0) }
                }.flatMap(\.self)
            }
        }
        let kept = try links.ask(&problems) {
            try links.withDatabase(of: topic.owner) { connection in
                let log = LogReader(connection: connection, source: topic.owner)
                return try log.events(id, madeAt: made, of: partitions)
                    + log.waiting(key: nil, id: id, of: partitions, limit: partitions.count)
                    + log.delayed(id: id, of: topic.name)
            }
        }
        for event in kept ?? [] { found[event.partition, default: event].seenIn.formUnion(event.seenIn) }
        let events = found.values.sorted { $0.partition < $1.partition }
        return (try events.map { try journey(of: $0, topic, &problems) }, problems)
    }

    func trace(key: String, limit: Int, only: TopicName? = nil) throws -> KeyTrace {
        var problems: [ServerProblem] = []
        var journeys: [EventJourney] = []
        var isCut = false
        for topic in links.contract.topics where only == nil || topic.name == only {
            for number in Set(try layouts(of: topic, &problems)).map({ PartitionNumber(key: key, of: $0) }).sorted() {
                let partition = Partition(topic.name, number)
                var events =
                    try links.ask(&problems) {
                        try links.withDatabase(of: topic.owner) { connection -> [FoundEvent] in
                            let log = LogReader(connection: connection, source: topic.owner)
                            let depth = LogReader.depth
                            if let bounds = try log.bounds(of: partition), bounds.last - bounds.first >= depth {
                                isCut = true
                            }
                            return try log.events(ofKey: key, of: partition, limit: limit, depth: depth)
                                + log.waiting(key: key, id: nil, of: [partition], limit: limit)
                        }
                    } ?? []
                if events.count(where: { $0.entryID != nil }) == limit { isCut = true }
                events = try markStreamed(events, partition, topic, &problems)
                journeys += try events.map { try journey(of: $0, topic, &problems) }
            }
            let delayed = try links.ask(&problems) {
                try links.withDatabase(of: topic.owner) {
                    try LogReader(connection: $0, source: topic.owner).delayed(ofKey: key, of: topic.name, limit: limit)
                }
            }
            if delayed?.count == limit { isCut = true }
            journeys += try (delayed ?? []).map { try journey(of: $0, topic, &problems) }
        }
        journeys.sort { ($0.event.envelope.time, $0.event.sortID) < ($1.event.envelope.time, $1.event.sortID) }
        return KeyTrace(journeys: journeys, isCut: isCut, problems: problems)
    }

    // MARK: Looking

    /// How many partitions the topic has, and had before: an event is where its key was at its time.
    private func layouts(of topic: TopicContract, _ problems: inout [ServerProblem]) throws -> [Int] {
        let former = try links.ask(&problems) {
            try links.withDatabase(of: topic.owner) { try LayoutStore.layouts(of: [topic.name], on: $0) }
        }
        return [topic.partitions] + (former ?? []).flatMap { [$0.partitions, $0.nextPartitions] }
    }

    private func look(
        in topic: TopicContract,
        _ body: (Partition, inout [ServerProblem]) throws -> FoundEvent?
    ) throws -> (journeys: [EventJourney], problems: [ServerProblem]) {
        var problems: [ServerProblem] = []
        let found = try partitions(of: topic, &problems).compactMap { try body($0, &problems) }
        return (try found.map { try journey(of: $0, topic, &problems) }, problems)
    }

    /// Those that the topic has, and had.
    private func partitions(of topic: TopicContract, _ problems: inout [ServerProblem]) throws -> [Partition] {
        let most = try layouts(of: topic, &problems).max() ?? topic.partitions
        return (0..<most).map { Partition(topic.name, PartitionNumber(rawValue: $0)) }
    }

    /// What each group of the topic has made of an event.
    private func journey(
        of event: FoundEvent,
        _ topic: TopicContract,
        _ problems: inout [ServerProblem]
    ) throws -> EventJourney {
        let steps = try topic.groups.map { group -> EventJourney.Step in
            let known = try links.ask(&problems) {
                try links.withDatabase(of: group.rawValue) { connection in
                    var status = [GroupStatus.PartitionStatus(partition: event.partition)]
                    _ = try StatusStore(connection: connection).readCheckpoints(of: &status, in: group)
                    let failures = try OperatingStore(connection: connection)
                        .failures(of: [event.envelope.id], in: group)
                    let discard = try event.entryID.flatMap { place in
                        try DiscardStore(connection: connection)
                            .discard(of: event.envelope.id, at: place.position, of: event.partition, by: group)
                    }
                    return (
                        checkpoint: status[0].checkpoint ?? .zero, failure: failures[event.envelope.id],
                        discard: discard
                    )
                }
            }
            guard let known else {
                return EventJourney.Step(group: group, state: .unknown, checkpoint: nil, failure: nil, discard: nil)
            }
            var state = EventJourney.State.waiting
            var discard: EventJourney.Discard?
            if let place = event.entryID, known.checkpoint.position >= place.position {
                discard = known.failure == nil ? known.discard : nil
                state = discard == nil ? .committed : .discarded
            }
            if let failure = known.failure { state = EventJourney.State(rawValue: failure.state) }
            return EventJourney.Step(
                group: group,
                state: state,
                checkpoint: known.checkpoint,
                failure: known.failure,
                discard: discard
            )
        }
        return EventJourney(event: event, steps: steps)
    }

    /// Whether each is in its stream too, in one round trip.
    private func markStreamed(
        _ events: [FoundEvent],
        _ partition: Partition,
        _ topic: TopicContract,
        _ problems: inout [ServerProblem]
    ) throws -> [FoundEvent] {
        let places = events.compactMap(\.entryID)
        let streamed =
            try links.ask(&problems) { try links.withStreams { try $0.present(places, in: partition) } } ?? []
        return events.map { event in
            var event = event
            if let place = event.entryID, streamed.contains(place) { event.seenIn.insert(.stream) }
            return event
        }
    }

    /// Looks from shortly before the event was made, through as many entries as came within its time or a page of ten
    /// thousand, whichever is less.
    private func find(
        _ id: UUID,
        madeAt made: Int64,
        _ partition: Partition,
        _ topic: TopicContract,
        _ streams: OperatorStreams
    ) throws -> FoundEvent? {
        var start = StreamStart.at(EntryID(milliseconds: max(0, made - 1000), position: 0))
        for _ in 0..<10 {
            let entries = try streams.entries(of: partition, from: start, most: 1000, source: topic.owner)
            let page = entries.compactMap { FoundEvent($0, in: partition) }
            if let found = page.first(where: { $0.envelope.id == id }) { return found }
            guard entries.count == 1000, let last = entries.last?.id else { return nil }
            start = .after(last)
        }
        return nil
    }
}

extension FoundEvent {
    /// What a stream holds; nil: a foreign entry.
    init?(_ entry: StreamEntry, in partition: Partition) {
        guard let envelope = entry.envelope else { return nil }
        self.init(envelope: envelope, partition: partition, entryID: entry.id, seenIn: [.stream])
    }

    /// Waiting ones come last.
    fileprivate var sortID: EntryID { entryID ?? EntryID(milliseconds: .max, position: .max) }
}

extension UUID {
    /// When a UUIDv7 was made, in milliseconds since 1970; nil for other versions.
    fileprivate var milliseconds: Int64? {
        guard uuid.6 >> 4 == 7 else { return nil }
        return [uuid.0, uuid.1, uuid.2, uuid.3, uuid.4, uuid.5].reduce(0) { $0 << 8 | Int64($1) }
    }
}
