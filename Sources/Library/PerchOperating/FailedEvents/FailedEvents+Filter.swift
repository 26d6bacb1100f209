public import Perch
public import Postgres

extension FailedEvents {
    /// Which events to list or change. A property that is nil or empty excludes none.
    public struct Filter: Sendable, Hashable {
        /// By the ids of their rows.
        public var ids: [Int64]?
        /// Default: all states.
        public var states: Set<FailedEvent.State> = []
        /// Of this topic.
        public var topic: TopicName?
        /// Of this partition of each topic.
        public var partition: PartitionNumber?
        /// Of this key.
        public var key: String?
        /// Of this type.
        public var type: EventType?
        /// Its error has this text somewhere, in any case.
        public var error: String?
        /// The whole pattern of its error; see `errors`.
        public var errorPattern: String?
        /// It failed at least this long ago.
        public var olderThan: Duration?
        /// It failed at most this long ago.
        public var newerThan: Duration?
        /// Failed at this time or later: for a choice that stays the same as time goes on.
        public var since: Timestamp?
        /// Failed at this time or earlier.
        public var until: Timestamp?
        /// It came here up to this mark: that of a `Census`, or of an id.
        public var upTo: FailedEvents.Mark?

        /// All events.
        public init() {}
    }
}

extension FailedEvents.Filter: CustomStringConvertible {
    /// As the record of an operation names it.
    public var description: String {
        var parts: [String] = []
        if let ids { parts.append("\(ids.count) by id") }
        if !states.isEmpty { parts.append(states.map(\.rawValue).sorted().joined(separator: ", ")) }
        if let topic { parts.append("topic \(topic)") }
        if let partition { parts.append("partition \(partition)") }
        if let key { parts.append("key \(key)") }
        if let type { parts.append("type \(type)") }
        if let error { parts.append("error with \"\(error)\"") }
        if let errorPattern { parts.append("errors like \"\(errorPattern)\"") }
        if let olderThan { parts.append("older than \(olderThan)") }
        if let newerThan { parts.append("newer than \(newerThan)") }
        if let since { parts.append("since \(since)") }
        if let until { parts.append("until \(until)") }
        if let upTo { parts.append("up to \(upTo.id)") }
        return parts.isEmpty ? "all failed events" : "failed events: " + parts.joined(separator: "; ")
    }
}

extension SQL.StringInterpolation {
    /// The condition that a row `f` of `perch.failed_events` is one of these.
    mutating func appendInterpolation(matching filter: FailedEvents.Filter) {
        func ask<Value: PostgresEncodable>(_ value: Value?, _ before: StaticString, _ after: StaticString) {
            guard let value else { return }
            appendLiteral(before)
            appendInterpolation(value)
            appendLiteral(after)
        }
        let states = filter.states.isEmpty ? Set(FailedEvent.State.allCases) : filter.states
        ask(states.map(\.rawValue).sorted(), "f.state = ANY (", ")")
        ask(filter.ids, " AND f.id = ANY (", ")")
        ask(filter.topic, " AND f.topic = ", "")
        ask(filter.partition, " AND f.partition = ", "")
        ask(filter.key, " AND f.subject = ", "")
        ask(filter.type, " AND f.type = ", "")
        ask(filter.error, " AND position(lower(", ") IN lower(f.error)) > 0")
        if let pattern = filter.errorPattern {
            appendLiteral(" AND f.state <> 'held' AND ")
            appendLiteral(ErrorPattern.ofRow)
            ask(pattern, " = ", "")
        }
        ask(
            filter.olderThan?.milliseconds,
            " AND f.failed_at <= clock_timestamp() - ",
            " * interval '1 millisecond'"
        )
        ask(
            filter.newerThan?.milliseconds,
            " AND f.failed_at >= clock_timestamp() - ",
            " * interval '1 millisecond'"
        )
        ask(filter.since, " AND f.failed_at >= ", "")
        ask(filter.until, " AND f.failed_at <= ", "")
        ask(filter.upTo?.id, " AND f.id <= ", "")
        ask(filter.upTo?.microseconds, " AND f.failed_at <= timestamptz 'epoch' + ", " * interval '1 microsecond'")
    }
}
