public import Postgres

/// Handles the events of one type, one at a time.
///
/// It runs on the worker's own thread inside the worker's transaction, which also moves the checkpoint: what it writes
/// takes effect exactly once as long as it is idempotent by `delivery.id` against replays (a unique key and
/// `ON CONFLICT DO NOTHING`, and nothing published the second time). Every other effect, such as a call to another
/// system, can happen again.
///
/// While there is much to do, rounds overlap: it may be called before the COMMIT of the round before is answered, and again
/// where that one is refused. Through `tx` it sees all that earlier events have done; through another connection perhaps
/// not yet, and a row that an earlier event has locked may still be locked there.
///
/// `handle` is not `async`, and borrows its transaction: it has the thread to itself, and what it awaits would hold up all others.
///
/// An error it throws undoes the event and no other. It is tried again with backoff, by the subscription's `RetryPolicy`;
/// later events of its key wait behind it, all others go on. `HandlerVerdict` says more: wait, retry then, reject, skip.
public protocol EventHandler<HandledEvent>: Sendable {
    associatedtype HandledEvent: Event = NoEvent
    func handle(_ event: HandledEvent, _ delivery: Delivery, in tx: borrowing Transaction) throws
}

/// Handles all events of a topic that one round delivered, at once, for set-based SQL.
///
/// As `EventHandler`. Workers hold many keys in one transaction here: lock the rows that keys share (an account) in one
/// order in all workers, best by gathering the changes and applying them sorted at the end, or they deadlock.
public protocol BatchHandler: Sendable {
    /// The types it wants; events of other types are skipped and counted.
    var types: [EventType] { get }
    /// - Parameter batch: In order within each partition; never empty.
    /// - Throws: Anything: then it is called again with one event at a time, each undone by itself if it fails. A
    ///   `HandlerVerdict` of one event comes in a `DeliveryError`, as any error may.
    func handle(_ batch: [Delivery], in tx: borrowing Transaction) throws
}

/// What a group does with a topic.
public struct Subscription: Sendable {
    /// A topic of the contract, whoever owns it.
    public let topic: TopicName
    /// How its failed events are tried again.
    public let retryPolicy: RetryPolicy
    /// Whether its handlers are idempotent by `Delivery.id`, so that what it has read may be replayed to it.
    public let isIdempotent: Bool
    let processing: Processing
    /// The types that are handled; others are skipped.
    let types: Set<EventType>

    enum Processing: Sendable {
        case each([EventType: AnyEventHandler])
        case batch(any BatchHandler)
        /// The handlers of single events where a round has at most so many, else the batch's.
        case either([EventType: AnyEventHandler], any BatchHandler, few: Int)
    }

    /// Handlers called once an event, by its type.
    ///
    /// - Parameters:
    ///   - isIdempotent: That an event takes effect once, and publishes nothing the second time, however often it
    ///     comes: then an operator may replay it. Declared, not found out. Default: false, so that a replay is refused.
    ///   - retryPolicy: How its failed events are tried again. Default: all defaults of `RetryPolicy`.
    public init(
        topic: TopicName,
        handlers: [any EventHandler],
        isIdempotent: Bool = false,
        retryPolicy: RetryPolicy = RetryPolicy()
    ) {
        let byType = Self.byType(handlers)
        self.init(topic, .each(byType), Set(byType.keys), isIdempotent: isIdempotent, retryPolicy: retryPolicy)
    }

    /// One handler for all events of the topic, called once a round.
    ///
    /// - Parameters:
    ///   - isIdempotent: As with handlers of single events.
    ///   - retryPolicy: How its failed events are tried again. Default: all defaults of `RetryPolicy`.
    public init(
        topic: TopicName,
        batch: any BatchHandler,
        isIdempotent: Bool = false,
        retryPolicy: RetryPolicy = RetryPolicy()
    ) {
        self.init(topic, .batch(batch), Set(batch.types), isIdempotent: isIdempotent, retryPolicy: retryPolicy)
    }

    /// Both ways to do the same: handlers called once an event where a round has few, and one handler for all of them where
    /// it has many. Which way an event takes must make no difference to its effect.
    ///
    /// Traps if the two do not handle the same types.
    ///
    /// - Parameters:
    ///   - few: The most events of the topic in a round that are handled one by one. Default: `fewEvents`.
    ///   - isIdempotent: As with handlers of single events.
    ///   - retryPolicy: How its failed events are tried again. Default: all defaults of `RetryPolicy`.
    public init(
        topic: TopicName,
        batch: any BatchHandler,
        each handlers: [any EventHandler],
        few: Int = Self.fewEvents,
        isIdempotent: Bool = false,
        retryPolicy: RetryPolicy = RetryPolicy()
    ) {
        let byType = Self.byType(handlers)
        let types = Set(byType.keys)
        precondition(types == Set(batch.types), "the batch handler and the event handlers are for other types")
        self.init(
            topic,
            .either(byType, batch, few: few),
            types,
            isIdempotent: isIdempotent,
            retryPolicy: retryPolicy
        )
    }

    /// Up to here two pipelined statements an event were cheaper than one set-based statement a round: `ops/bench --only
    /// rounds`.
    public static let fewEvents = 10

    private init(
        _ topic: TopicName,
        _ processing: Processing,
        _ types: Set<EventType>,
        isIdempotent: Bool,
        retryPolicy: RetryPolicy
    ) {
        self.topic = topic
        self.processing = processing
        self.types = types
        self.isIdempotent = isIdempotent
        self.retryPolicy = retryPolicy
    }

    private static func byType(_ handlers: [any EventHandler]) -> [EventType: AnyEventHandler] {
        var byType: [EventType: AnyEventHandler] = [:]
        for handler in handlers {
            let erased = AnyEventHandler(erasing: handler)
            precondition(byType[erased.type] == nil, "two handlers for \(erased.type)")
            byType[erased.type] = erased
        }
        return byType
    }
}

/// A consumer group: one service's way to read topics, with its state in the service's database. A database may hold several
/// groups, of one program or of many: each reads all events of its topics, whatever the others do.
public struct ConsumerGroup: Sendable {
    /// The name of the Redis group on each of the streams.
    public let name: GroupName
    /// At most one a topic. In a round the topics are handled in this order.
    public let subscriptions: [Subscription]
    /// Empties what the handlers have written, so that it can be built anew; nil where that cannot be.
    package let reset: (@Sendable (borrowing Transaction) throws -> Void)?

    /// Traps if two subscriptions are to the same topic.
    ///
    /// - Parameter reset: Empties all that the group's handlers have written, for `GroupRewind`. It runs in the transaction
    ///   that sets the checkpoints back, before that, and locks in the order in which handlers do. It is the group's and not
    ///   a subscription's: what several topics have built cannot be emptied of one. Default nil: nothing can be emptied.
    public init(
        name: GroupName,
        subscriptions: [Subscription],
        reset: (@Sendable (borrowing Transaction) throws -> Void)? = nil
    ) {
        precondition(
            Set(subscriptions.map(\.topic)).count == subscriptions.count,
            "a group has one subscription a topic"
        )
        self.name = name
        self.subscriptions = subscriptions
        self.reset = reset
    }

    /// All partitions that the group reads, by the contract.
    package func partitions(in contract: Contract) throws -> [Partition] {
        try subscriptions.flatMap { subscription -> [Partition] in
            guard let topic = contract.topics.first(where: { $0.name == subscription.topic }) else {
                throw UndeclaredTopic(
                    topic: subscription.topic,
                    group: name,
                    hint: NearestName.hint(for: subscription.topic.rawValue, in: contract.topics.map(\.name.rawValue))
                )
            }
            return (0..<topic.partitions).map { Partition(topic.name, PartitionNumber(rawValue: $0)) }
        }
    }
}

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

/// An `EventHandler` whose event type is decoded behind it. A class: it is lent for each event, as one reference.
final class AnyEventHandler: Sendable {
    let type: EventType
    private let body: @Sendable (Delivery, borrowing Transaction) throws -> Void

    init<Handler: EventHandler>(erasing handler: Handler) {
        type = Handler.HandledEvent.type
        body = { delivery, tx in try handler.handle(try delivery.decode(), delivery, in: tx) }
    }

    func handle(_ delivery: Delivery, in tx: borrowing Transaction) throws { try body(delivery, tx) }
}
