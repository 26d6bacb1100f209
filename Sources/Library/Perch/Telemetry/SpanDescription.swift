/// A span that Perch makes, or an attribute of it, for `docs/telemetry.md`.
public struct SpanDescription: Sendable, Hashable {
    /// The span's name, `TOPIC` for what varies.
    public let name: String
    /// When it begins and ends, and what its parent is.
    public let meaning: String
    /// Its attributes by name, and what each says.
    public let attributes: [String: String]

    /// The spans of Perch.
    public static let perch = [
        SpanDescription(
            name: "\(SpanKey.process) TOPIC",
            meaning: """
                An event, or a batch, in its handler; kind consumer. One event alone continues the trace that published it. \
                A batch of several begins a trace of its own, with a link to each of theirs, up to 128.
                """,
            attributes: [
                SpanKey.system: "`redis`",
                SpanKey.operationType: "`process`",
                SpanKey.operationName: "`process`",
                SpanKey.destination: "the topic",
                SpanKey.group: "the consumer group",
                SpanKey.partition: "the partition's number; one event only",
                SpanKey.messageID: "the event's id; one event only",
                SpanKey.entryID: "the entry's id in the stream; one event only",
                SpanKey.eventType: "the event's type; one event only",
                SpanKey.batchCount: "how many events; a batch only",
            ]
        )
    ]
}

enum SpanKey {
    static let process = "process"
    static let system = "messaging.system"
    static let operationType = "messaging.operation.type"
    static let operationName = "messaging.operation.name"
    static let destination = "messaging.destination.name"
    static let group = "messaging.consumer.group.name"
    static let partition = "messaging.destination.partition.id"
    static let messageID = "messaging.message.id"
    static let batchCount = "messaging.batch.message_count"
    static let entryID = "perch.entry_id"
    static let eventType = "perch.event_type"
}
