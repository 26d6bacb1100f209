/// What is declared of one type of event.
public struct EventContract: Sendable, Hashable {
    /// In snake_case; it belongs to this topic alone.
    public let type: EventType
    /// For people; empty if none is given.
    public let description: String
    /// The versions by number, 1 first.
    public let versions: [EventVersion]

    package init(type: EventType, description: String = "", versions: [EventVersion]) {
        self.type = type
        self.description = description
        self.versions = versions.sorted { $0.number < $1.number }
    }

    /// The newest version.
    public var newest: EventVersion? { versions.last }

    /// The version as which an event of version `number` is read: the version itself if it is known, else the newest known one.
    /// Nil if `number` is below 1.
    public func version(_ number: Int) -> EventVersion? {
        versions.last { $0.number <= number }
    }
}
