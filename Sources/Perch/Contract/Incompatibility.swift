/// One way in which a contract breaks with an earlier one.
public struct Incompatibility: Hashable, Sendable, CustomStringConvertible {
    public struct Code: RawRepresentable, Hashable, Sendable {
        public let rawValue: String
        public init(rawValue: String) { self.rawValue = rawValue }

        public static let topicRemoved = Code(rawValue: "topicRemoved")
        public static let ownerChanged = Code(rawValue: "ownerChanged")
        public static let keyChanged = Code(rawValue: "keyChanged")
        public static let partitionsChanged = Code(rawValue: "partitionsChanged")
        public static let eventRemoved = Code(rawValue: "eventRemoved")
        public static let versionRemoved = Code(rawValue: "versionRemoved")
        public static let fieldRemoved = Code(rawValue: "fieldRemoved")
        /// A required field was added to a version that exists.
        public static let requiredFieldAdded = Code(rawValue: "requiredFieldAdded")
        /// A field that had to be there need not, or the other way round.
        public static let requiredChanged = Code(rawValue: "requiredChanged")
        public static let typeChanged = Code(rawValue: "typeChanged")
        public static let formatChanged = Code(rawValue: "formatChanged")
        public static let enumNarrowed = Code(rawValue: "enumNarrowed")
        public static let limitNarrowed = Code(rawValue: "limitNarrowed")
        /// A version does not repeat what the version before it has.
        public static let versionDropsField = Code(rawValue: "versionDropsField")
        /// A caution: values that consumers of today may not know.
        public static let enumWidened = Code(rawValue: "enumWidened")
        /// A caution: values that consumers of today may not expect.
        public static let limitWidened = Code(rawValue: "limitWidened")
    }

    public let code: Code
    public let topic: TopicName
    /// The place within the topic, such as `events.user_created.versions.1.fields.role`; empty for the topic itself.
    public let path: String
    /// What was and what is, and what to do instead.
    public let message: String

    /// `users: events.user_created.versions.1.fields.role: …`
    public var description: String {
        path.isEmpty ? "\(topic): \(message)" : "\(topic): \(path): \(message)"
    }
}
