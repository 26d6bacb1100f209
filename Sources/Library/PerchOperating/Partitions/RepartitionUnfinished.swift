public import Perch

/// A change of partitions was broken off where it has to be continued: the topic is held, and its events wait.
public struct RepartitionUnfinished: Error, Sendable, CustomStringConvertible {
    /// The topic that is held.
    public let topic: TopicName
    /// The number of partitions to call it with again.
    public let partitions: Int
    /// Why it was broken off.
    public let cause: String
    /// What helps against that, where it is known.
    public let advice: Advice?

    init(_ topic: TopicName, to partitions: Int, _ error: any Error) {
        (self.topic, self.partitions) = (topic, partitions)
        cause = error is CancellationError ? "interrupted" : "\(error)"
        advice = (error as? OperationRefused)?.advice
    }

    /// What happened. To go on, the same number of partitions has to be given again.
    public var description: String { "\(cause). Topic \(topic) stays held: what is published waits in the outbox" }
}
