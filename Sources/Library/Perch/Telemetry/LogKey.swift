import Logging

/// A key of the metadata in log lines: part of the interface, searches and alerts read them.
public struct LogKey: Sendable, Hashable {
    /// As it stands in the line.
    public let name: String
    /// What its value says.
    public let meaning: String

    /// - Parameter name: Lowercase words joined by `_`.
    public init(_ name: String, _ meaning: String) {
        self.name = name
        self.meaning = meaning
    }

    /// The keys of Perch's log lines.
    public static let perch: [LogKey] = [
        acknowledgedBefore, action, ahead, attempt, checkpoint, count, database, declared, end, entryID, epoch, error,
        from, group,
        holder, lasted, limit, look, nextTick, owner, partition, partitions, position, redis, retryIn, schedule,
        sequence, tick, topic, topics,
        tried, workers,
    ]

    static let acknowledgedBefore = LogKey(
        "acknowledged_before",
        "the first entry that some group has not acknowledged"
    )
    static let action = LogKey("action", "the step of the protocol that failed")
    static let ahead = LogKey("ahead", "how far the entry's id lies ahead of Postgres' clock")
    static let attempt = LogKey("attempt", "how many times in a row, from 1")
    static let checkpoint = LogKey("checkpoint", "the entry up to which the group's effects are committed")
    static let count = LogKey("count", "how many entries; at a start, partitions")
    static let database = LogKey("database", "user, host, port and name of the database; no password")
    static let declared = LogKey("declared", "how many partitions the topic has by the database")
    static let end = LogKey("end", "the stream's last id")
    static let entryID = LogKey("entry_id", "the entry, `MILLISECONDS-POSITION`")
    static let epoch = LogKey("epoch", "the epoch of the lease")
    static let error = LogKey("error", "the cause, as its library tells it; no passwords")
    static let from = LogKey("from", "the first position that is needed")
    static let group = LogKey("group", "the consumer group")
    static let holder = LogKey("holder", "who runs the migrations that are waited for")
    static let lasted = LogKey("lasted", "how long it has gone on")
    static let limit = LogKey("limit", "the name of the limit that a subscription has")
    static let look = LogKey("look", "how many times the entry was looked for")
    static let nextTick = LogKey("next_tick", "the next tick of the schedule")
    static let owner = LogKey("owner", "the service whose topics a relay serves, or whose schedules a scheduler runs")
    static let partition = LogKey("partition", "the partition, `TOPIC:NUMBER`")
    static let partitions = LogKey("partitions", "the partitions, each `TOPIC:NUMBER`")
    static let position = LogKey("position", "the position in the partition")
    static let redis = LogKey("redis", "the URL of Redis; no password")
    static let schedule = LogKey("schedule", "the schedule")
    static let sequence = LogKey("sequence", "the row's place in the outbox")
    static let tick = LogKey("tick", "the time that the schedule has, in UTC")
    static let topic = LogKey("topic", "the topic")
    static let topics = LogKey("topics", "the topics that are served")
    static let tried = LogKey("tried", "of how many")
    static let workers = LogKey("workers", "how many workers")
    static let retryIn = LogKey("retry_in", "how long until the next attempt")
}

extension Logger.Metadata {
    /// Metadata under known keys only. Numbers stay numbers: give them as `.stringConvertible`.
    init(_ values: [LogKey: Logger.MetadataValue]) {
        self = Dictionary(uniqueKeysWithValues: values.map { ($0.name, $1) })
    }
}

extension Logger.MetadataValue {
    static func names(_ values: [String]) -> Logger.MetadataValue { "\(values.joined(separator: " "))" }

    static func number(_ value: some FixedWidthInteger & Sendable) -> Logger.MetadataValue { .stringConvertible(value) }
}
