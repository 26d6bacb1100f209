/// The contract of a system: its topics and the events in them, as `streams/*.yaml` declares them.
///
///     let contract = try Contract.load()
///     let violations = contract.validate(json, type: "ticket_closed", version: 1)
public struct Contract: Sendable, Hashable {
    /// The topics, sorted by name.
    public let topics: [TopicContract]

    package init(topics: [TopicContract]) {
        self.topics = topics.sorted { $0.name < $1.name }
    }

    /// The topic of that name; nil if it is not declared.
    public func topic(_ name: TopicName) -> TopicContract? {
        topics.first { $0.name == name }
    }

    /// The event of that type, in whichever topic; nil if it is not declared.
    public func event(_ type: EventType) -> EventContract? {
        for topic in topics {
            if let event = topic.event(type) { return event }
        }
        return nil
    }

    /// The topic that an event type belongs to; nil if it is not declared.
    public func topic(of type: EventType) -> TopicContract? {
        topics.first { $0.event(type) != nil }
    }
}
