/// A group subscribes to a topic that the contract does not have.
public struct UndeclaredTopic: Error, CustomStringConvertible {
    /// The topic as the subscription spells it.
    public let topic: TopicName
    /// Whose subscription it is.
    public let group: GroupName
    let hint: String

    /// Says which file to add, or to correct the name, and the nearest name that there is.
    public var description: String {
        "group \(group) subscribes to topic \(topic), which is not in the contract: add streams/\(topic).yaml or correct the name\(hint)"
    }
}
