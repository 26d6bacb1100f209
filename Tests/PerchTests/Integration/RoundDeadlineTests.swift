import LocalServers
import PerchProtocol
import PerchTesting
import Postgres
import Synchronization
import Testing

@testable import Perch

/// What is begun in a round of several topics of which some have a limit.
@Suite struct RoundDeadlineTests {
    @Test func limitedTopicsComeFirstByTheirDeadlines() throws {
        let begun = Begun()
        let handled = try round(
            begun,
            [SlowDone.topic: nil, FirstDone.topic: .seconds(3600), SecondDone.topic: .seconds(1800)]
        )
        #expect(begun.types == ["second_done", "second_done", "first_done", "first_done", "slow_done", "slow_done"])
        #expect(!handled.isCutShort)
    }

    @Test func behindAnotherTopicNoneIsBegunPastItsDeadline() throws {
        let begun = Begun()
        let handled = try round(
            begun,
            [SlowDone.topic: nil, FirstDone.topic: .seconds(-1), SecondDone.topic: .seconds(-2)]
        )
        #expect(begun.types == ["second_done"], "one of the round is, or nothing would ever be")
        #expect(handled.isCutShort)
        #expect(handled.reached.map(\.key.topic) == [SecondDone.topic])
    }

    @Test func withoutDeadlinesTheOrderIsThatOfTheGroup() throws {
        let begun = Begun()
        _ = try round(begun, [:])
        #expect(begun.types == ["slow_done", "slow_done", "first_done", "first_done", "second_done", "second_done"])
    }

    /// Two events of each topic in one round.
    ///
    /// - Parameter deadlines: From now on.
    private func round(_ begun: Begun, _ deadlines: [TopicName: Duration?]) throws -> HandledSlices {
        let url = try LocalPostgres.shared().createDatabase()
        let connection = try PostgresConnection(try PostgresConfiguration(url: url))
        var streams = TestStreams(
            contract: Contract(topics: [SlowDone.declaration, FirstDone.declaration, SecondDone.declaration])
        )
        for _ in 0..<2 {
            try streams.append(SlowDone())
            try streams.append(FirstDone())
            try streams.append(SecondDone())
        }
        let group = ConsumerGroup(
            name: "noting",
            subscriptions: [
                Subscription(topic: SlowDone.topic, handlers: [Note<SlowDone>(begun: begun)]),
                Subscription(topic: FirstDone.topic, handlers: [Note<FirstDone>(begun: begun)]),
                Subscription(topic: SecondDone.topic, handlers: [Note<SecondDone>(begun: begun)]),
            ]
        )
        let round = RoundTransaction(try connection.begin(), group: group)
        let now = ProcessClock.now
        let handled = try round.handle(
            streams.deliveries.sorted { $0.key < $1.key }.map { DeliveredSlice($0.value) },
            by: deadlines.compactMapValues { $0.map { now + $0 } }
        )
        try round.commit()
        return handled
    }
}

/// The types of the events whose handlers were called, in their order.
private final class Begun: Sendable {
    private let all = Mutex<[EventType]>([])
    var types: [EventType] { all.withLock { $0 } }
    func note(_ type: EventType) { all.withLock { $0.append(type) } }
}

private struct Note<E: NotedEvent>: EventHandler {
    let begun: Begun
    func handle(_ event: E, _ delivery: Delivery, in tx: borrowing Transaction) throws { begun.note(E.type) }
}

private protocol NotedEvent: Event { var id: String { get } }

extension NotedEvent {
    var version: Int { 1 }
    var key: String { id }

    static var declaration: TopicContract {
        TopicContract(
            name: topic,
            owner: "shop",
            key: "id",
            partitions: 1,
            groups: ["noting"],
            events: [
                EventContract(
                    type: type,
                    versions: [EventVersion(number: 1, fields: [Field(name: "id", type: .string)])]
                )
            ]
        )
    }
}

private struct SlowDone: NotedEvent {
    static let type: EventType = "slow_done"
    static let topic: TopicName = "slow"
    var id = "a"
}

private struct FirstDone: NotedEvent {
    static let type: EventType = "first_done"
    static let topic: TopicName = "first"
    var id = "a"
}

private struct SecondDone: NotedEvent {
    static let type: EventType = "second_done"
    static let topic: TopicName = "second"
    var id = "a"
}
