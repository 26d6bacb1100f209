/// One way in which a contract breaks with an earlier one.
public struct Incompatibility: Hashable, Sendable, CustomStringConvertible {
    /// What kind of change it is. Later versions may add codes.
    public struct Code: RawRepresentable, Hashable, Sendable {
        /// The name of the constant: `topicRemoved`.
        public let rawValue: String
        /// Takes any name, also one that this version does not know.
        public init(rawValue: String) { self.rawValue = rawValue }

        /// A topic is gone, perhaps renamed.
        public static let topicRemoved = Code(rawValue: "topicRemoved")
        /// Another service publishes the topic; but its positions come from one owner's log.
        public static let ownerChanged = Code(rawValue: "ownerChanged")
        /// Another field is the key; but what is published is ordered by the old one.
        public static let keyChanged = Code(rawValue: "keyChanged")
        /// A caution: change the number in running systems first, or migrations refuse the contract.
        public static let partitionsChanged = Code(rawValue: "partitionsChanged")
        /// A type of event is gone from its topic: removed, renamed or moved to another.
        public static let eventRemoved = Code(rawValue: "eventRemoved")
        /// A version of an event is gone: every version is read for good.
        public static let versionRemoved = Code(rawValue: "versionRemoved")
        /// A field is gone from a version that exists, perhaps renamed.
        public static let fieldRemoved = Code(rawValue: "fieldRemoved")
        /// A required field was added to a version that exists.
        public static let requiredFieldAdded = Code(rawValue: "requiredFieldAdded")
        /// A required field has become optional, or an optional one required.
        public static let requiredChanged = Code(rawValue: "requiredChanged")
        /// A field has another JSON type.
        public static let typeChanged = Code(rawValue: "typeChanged")
        /// A field has another format, or one where there was none, or none any more.
        public static let formatChanged = Code(rawValue: "formatChanged")
        /// Strings that were allowed no longer are: events with them may exist.
        public static let enumNarrowed = Code(rawValue: "enumNarrowed")
        /// A limit was added or tightened: events outside of it may exist.
        public static let limitNarrowed = Code(rawValue: "limitNarrowed")
        /// A version does not repeat what the version before it has.
        public static let versionDropsField = Code(rawValue: "versionDropsField")
        /// A caution: values that consumers of today may not know.
        public static let enumWidened = Code(rawValue: "enumWidened")
        /// A caution: values that consumers of today may not expect.
        public static let limitWidened = Code(rawValue: "limitWidened")
    }

    /// What kind of change it is; `message` is for people.
    public let code: Code
    /// The topic: `streams/NAME.yaml` is where to look.
    public let topic: TopicName
    /// The place within the topic, such as `events.user_created.versions.1.fields.role`; empty for the topic itself.
    public let path: String
    /// What was and what is.
    public let message: String
    /// What helps, where a program has its own words for it; nil: `message` says it.
    public let advice: Advice?

    /// What helps, as a value: a program that shows it has its own words and ways for it.
    public enum Advice: Hashable, Sendable {
        /// Change the number of partitions in each running system first, in a way that keeps the order of each key. Until then
        /// migrations refuse the contract.
        case changePartitionsFirst(to: Int)
    }

    init(code: Code, topic: TopicName, path: String, message: String, advice: Advice? = nil) {
        (self.code, self.topic, self.path) = (code, topic, path)
        (self.message, self.advice) = (message, advice)
    }

    /// `users: events.user_created.versions.1.fields.role: …`
    public var description: String {
        path.isEmpty ? "\(topic): \(message)" : "\(topic): \(path): \(message)"
    }
}
