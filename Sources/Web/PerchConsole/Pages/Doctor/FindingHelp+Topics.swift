import PageKit
import Perch
import PerchOperating

extension FindingHelp {
    static func foreignEntries(_ service: String, _ count: String) -> Self {
        .init(
            "\(service) streams",
            "\(count) in them that \(service) has not published, set aside",
            "See who may write to its streams (ops/redis/users.acl). "
        )
    }

    /// More of what was found, and the topic where it is.
    func adding(_ words: String, see topic: TopicName) -> Self {
        .init(subject, "\(message); \(words)", "\(advice)\(Self.topic(topic)) has them.")
    }

    static func topicUndeclared(_ topic: TopicName, _ owner: String) -> Self {
        .init("topic \(topic)", "the database of \(owner) does not have it", "Run the migrations of \(owner).")
    }

    static func groupsUndeclared(_ topic: TopicName, _ groups: [String]) -> Self {
        .init(
            "topic \(topic)",
            "Redis has groups that the contract does not declare: \(groups.joined(separator: ", "))",
            """
            If somebody is to read as them, add them to groups in streams/\(topic.rawValue).yaml; else remove each, by \
            XGROUP DESTROY of each of the topic’s streams. \(Self.topic(topic)) shows who reads it.
            """
        )
    }

    static func partitionsDiffer(_ topic: TopicName, _ inDatabase: Int, _ inContract: Int) -> Self {
        .init(
            "topic \(topic)",
            "it has \(inDatabase) partitions in the database and \(inContract) in the contract",
            """
            Take the contract that has \(inDatabase), or \
            \(link("plan the change to \(inContract)", ["partitions", topic.rawValue], [("to", "\(inContract)")])).
            """
        )
    }

    static func topicHeld(_ topic: TopicName, _ since: String) -> Self {
        .init(
            "topic \(topic)",
            "it is held since \(since) for a change of its partitions: what is published waits in the outbox",
            """
            If nobody is at it, go on with the number it is to have, or give it up with the one it has: \
            \(link("partitions", ["partitions", topic.rawValue])).
            """
        )
    }

    static func eventsRefused(_ service: String, _ topic: TopicName, _ count: Int, _ reason: String) -> Self {
        .init(
            "topic \(topic)",
            "\(Counted.text(count, "event")) of the outbox \(count == 1 ? "was" : "were") refused, the last: \(reason)",
            """
            They are in the database of \(service): correct and retry them, or discard them. \
            \(Self.topic(topic)) says what the contract wants. See ops/runbook/refused-events.md.
            """
        )
    }

    static func outboxStranded(_ service: String, _ partition: Partition, _ waiting: Int) -> Self {
        .init(
            "topic \(partition.topic)",
            "\(Counted.text(waiting, "event")) of the outbox \(waiting == 1 ? "waits" : "wait") for \(partition), which the database "
                + "of \(service) does not have, and no relay looks at what says that it is checked",
            """
            Set is_checked to false on them in perch.outbox: its relay then refuses them with the reason. Let who inserts them leave \
            is_checked and partition out. \(Self.topic(partition.topic)) shows the partitions that there are.
            """
        )
    }

    static func streamInTrouble(_ partition: Partition, _ error: String) -> Self {
        .init(
            "topic \(partition.topic)",
            "\(partition) stands still, and the others go on: \(error)",
            """
            Where it is another kind of key: DEL it, and its relay makes the stream again; where a right is missing, see \
            ops/redis/users.acl. \(Self.topic(partition.topic)) shows all of its streams.
            """
        )
    }

    static func streamHoles(_ partition: Partition, _ owner: String, _ missing: Int64) -> Self {
        .init(
            "topic \(partition.topic)",
            "\(partition) lacks \(NumberText.count(missing)) of the entries between its first and its last",
            "The relay of \(owner) mends it from its log within seconds: see that it runs. \(Self.topic(partition.topic))"
        )
    }

    static func streamGone(_ partition: Partition, _ owner: String, _ given: Position) -> Self {
        .init(
            "topic \(partition.topic)",
            "the stream \(partition) is not there, although it had \(Counted.text(given, "event"))",
            "The relay of \(owner) makes it again from its log: see that it runs. \(Self.topic(partition.topic))"
        )
    }

    static func streamBehind(_ partition: Partition, _ owner: String, _ end: Position, _ given: Position) -> Self {
        .init(
            "topic \(partition.topic)",
            "\(partition) ends at position \(NumberText.count(end)), its owner has given \(NumberText.count(given))",
            """
            It moves: look again in a few seconds, and see that the relay of \(owner) keeps up. \
            \(Self.topic(partition.topic))
            """
        )
    }

    static func relayStands(_ partition: Partition, _ owner: String, _ end: Position, _ given: Position) -> Self {
        .init(
            "topic \(partition.topic)",
            "\(partition) stands at position \(NumberText.count(end)), although its owner has given \(NumberText.count(given))",
            """
            See that the relay of \(owner) runs and may write to Redis, and read in its log why it cannot append. \
            \(Self.topic(partition.topic))
            """
        )
    }

    static func outboxWaits(_ topic: TopicName, _ owner: String, _ waiting: Int, _ oldest: Duration) -> Self {
        .init(
            "topic \(topic)",
            "\(Counted.text(waiting, "event")) wait in the outbox, the first for \(age(oldest))",
            "It moves: see that the relay of \(owner) keeps up. \(Self.topic(topic))"
        )
    }

    static func outboxStands(_ topic: TopicName, _ owner: String, _ waiting: Int, _ oldest: Duration) -> Self {
        .init(
            "topic \(topic)",
            "\(Counted.text(waiting, "event")) wait in the outbox, and none gets its place; the first for \(age(oldest))",
            """
            Start the relay of \(owner) (its work process), or read in its log why it cannot append. \
            \(Self.topic(topic)). See ops/runbook/outbox-waits.md.
            """
        )
    }

    static func delayedOverdue(_ topic: TopicName, _ owner: String, _ delayed: Int, _ oldest: Duration) -> Self {
        .init(
            "topic \(topic)",
            "delayed events are due and not published, the first for \(age(oldest)); \(Counted.text(delayed, "event")) in all are delayed",
            """
            Start the relay of \(owner) (its work process), or read in its log why it cannot move them. \
            \(Self.topic(topic))
            """
        )
    }
}
