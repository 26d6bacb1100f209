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

/// One version of an event. It has all fields of the version before, unchanged, and adds some.
public struct EventVersion: Sendable, Hashable {
    /// What a number can be: that of Postgres' `int`.
    package static let numbers = 1...Int(Int32.max)

    /// From 1.
    public let number: Int
    /// For people; empty if none is given.
    public let description: String
    /// The fields, in the order of the file.
    public let fields: [Field]

    package init(number: Int, description: String = "", fields: [Field]) {
        self.number = number
        self.description = description
        self.fields = fields
    }

    /// The field of that name; nil if it is not declared.
    public func field(_ name: String) -> Field? {
        fields.first { $0.name == name }
    }
}
