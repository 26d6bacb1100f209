/// What a group does with a topic.
public struct Subscription: Sendable {
    /// A topic of the contract, whoever owns it.
    public let topic: TopicName
    /// How its failed events are tried again.
    public let retryPolicy: RetryPolicy
    /// Whether its handlers are idempotent by `Delivery.id`, so that what it has read may be replayed to it.
    public let isIdempotent: Bool
    /// What its handlers may do at most, over all workers of the group; nil: there is no limit.
    public let limit: WorkLimit?
    let processing: Processing
    /// The types that are handled; others are skipped.
    let types: Set<EventType>

    enum Processing: Sendable {
        case each([EventType: AnyEventHandler])
        case batch(any BatchHandler)
        /// The handlers of single events where a round has at most so many, else the batch's.
        case either([EventType: AnyEventHandler], any BatchHandler, few: Int)
    }

    /// Handlers called once an event, by its type. Events of other types are passed over.
    ///
    /// Traps if two handlers are for one type, since nothing would say which runs first. To do two things for an event, write one handler
    /// or use two groups.
    ///
    /// - Parameters:
    ///   - handlers: One a type.
    ///   - isIdempotent: Declares that an event takes effect once, and publishes nothing the second time, however often it comes. An
    ///     operator may then replay it. Perch does not check this. Default: false, so that replays are refused.
    ///   - retryPolicy: How its failed events are tried again. Default: all defaults of `RetryPolicy`.
    ///   - limit: What its handlers may do at most, over all workers of the group. Default nil: anything.
    public init(
        topic: TopicName,
        handlers: [any EventHandler],
        isIdempotent: Bool = false,
        retryPolicy: RetryPolicy = RetryPolicy(),
        limit: WorkLimit? = nil
    ) {
        let byType = Self.byType(handlers)
        self.init(
            topic,
            .each(byType),
            Set(byType.keys),
            isIdempotent: isIdempotent,
            retryPolicy: retryPolicy,
            limit: limit
        )
    }

    /// One handler for all events of the topic, called once a round.
    ///
    /// - Parameters:
    ///   - isIdempotent: As with handlers of single events.
    ///   - retryPolicy: How its failed events are tried again. Default: all defaults of `RetryPolicy`.
    ///   - limit: What its handlers may do at most, over all workers of the group. Default nil: anything.
    public init(
        topic: TopicName,
        batch: any BatchHandler,
        isIdempotent: Bool = false,
        retryPolicy: RetryPolicy = RetryPolicy(),
        limit: WorkLimit? = nil
    ) {
        self.init(
            topic,
            .batch(batch),
            Set(batch.types),
            isIdempotent: isIdempotent,
            retryPolicy: retryPolicy,
            limit: limit
        )
    }

    /// Both ways to do the same: handlers called once an event where a round has few, and one handler for all of them where it has many. An
    /// event must have the same effect either way.
    ///
    /// Traps if the two do not handle the same types, and if two handlers are for one type.
    ///
    /// - Parameters:
    ///   - handlers: One a type.
    ///   - few: The most events of the topic in a round that are handled one by one. Default: `fewEvents`.
    ///   - isIdempotent: As with handlers of single events.
    ///   - retryPolicy: How its failed events are tried again. Default: all defaults of `RetryPolicy`.
    ///   - limit: What its handlers may do at most, over all workers of the group. Default nil: anything.
    public init(
        topic: TopicName,
        batch: any BatchHandler,
        each handlers: [any EventHandler],
        few: Int = Self.fewEvents,
        isIdempotent: Bool = false,
        retryPolicy: RetryPolicy = RetryPolicy(),
        limit: WorkLimit? = nil
    ) {
        let byType = Self.byType(handlers)
        let types = Set(byType.keys)
        precondition(types == Set(batch.types), "the batch handler and the event handlers are for other types")
        self.init(
            topic,
            .either(byType, batch, few: few),
            types,
            isIdempotent: isIdempotent,
            retryPolicy: retryPolicy,
            limit: limit
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
        retryPolicy: RetryPolicy,
        limit: WorkLimit?
    ) {
        self.topic = topic
        self.processing = processing
        self.types = types
        self.isIdempotent = isIdempotent
        self.retryPolicy = retryPolicy
        self.limit = limit
    }

    /// The same with other handlers of the same types.
    func processing(_ processing: Processing) -> Subscription {
        Subscription(
            topic,
            processing,
            types,
            isIdempotent: isIdempotent,
            retryPolicy: retryPolicy,
            limit: limit
        )
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
