import Foundation
import Perch
import Postgres

@testable import PerchCLI
@testable import PerchOperating

/// What a system might answer.
enum Samples {
    static let orders = TopicContract(
        name: "orders",
        description: "What customers ask for.",
        owner: "shop",
        key: "order",
        partitions: 4,
        groups: ["shipping"],
        events: [
            EventContract(
                type: "order_counted",
                versions: [
                    EventVersion(
                        number: 1,
                        fields: [Field(name: "order", type: .string), Field(name: "count", type: .integer, minimum: 0)]
                    )
                ]
            )
        ]
    )

    static let contract = Contract(topics: [orders])

    /// The same as a file.
    static let yaml = """
        owner: shop
        key: order
        partitions: 4
        retention: {age: 7d, entries: 100000}
        archive: forever
        groups: [shipping]
        events:
          order_counted:
            versions:
              1:
                fields:
                  order: {type: string}
                  count: {type: integer, minimum: 0}

        """

    static let pending: [(GroupName, [PendingEntries])] = [
        (
            "shipping",
            (0..<4).map { number in
                var pending = PendingEntries(partition: Partition("orders", PartitionNumber(rawValue: number)))
                pending.count = 200_000
                pending.lowest = EntryID(milliseconds: 1_795_390_240_601, position: 1)
                pending.highest = EntryID(milliseconds: 1_795_390_240_601, position: 200_000)
                pending.consumers = (1...8).map { .init(name: "worker-\($0)", count: 25_000) }
                pending.entries = [
                    .init(
                        id: EntryID(milliseconds: 1_795_390_240_601, position: 1),
                        consumer: "worker-1",
                        idle: .seconds(5),
                        deliveries: 2
                    )
                ]
                return pending
            }
        )
    ]

    static let workers = [
        worker(1, host: "a-rather-long-host-name", pid: 4711, silence: .milliseconds(200), holds: 0..<4),
        worker(2, host: "other", pid: 12, silence: .seconds(12), holds: 0..<0),
    ]

    static let groups: [GroupReport] = [group(limit: nil)]

    static func group(limit: DeclaredLimit?) -> GroupReport {
        GroupReport(
            status: GroupStatus(
                group: "shipping",
                partitions: (0..<4).map { number in
                    var status = GroupStatus.PartitionStatus(
                        partition: Partition("orders", PartitionNumber(rawValue: number))
                    )
                    status.checkpoint = EntryID(milliseconds: 1_795_390_240_601, position: 1_000_000)
                    status.lastEntry = EntryID(milliseconds: 1_795_390_240_999, position: 1_200_000)
                    status.lag = 200_000
                    status.oldestUnprocessedAge = .seconds(90_000)
                    status.pending = 500
                    status.owner = "a-rather-long-host-name-4711-23ad4b/1"
                    status.isPaused = false
                    status.failed = .init()
                    return status
                },
                problems: []
            ),
            workers: workers,
            subscriptions: ["orders": DeclaredSubscription(isIdempotent: true, hasReset: false, limit: limit)]
        )
    }

    private static func worker(_ slot: Int, host: String, pid: Int, silence: Duration, holds: Range<Int>)
        -> WorkerStatus
    {
        WorkerStatus(
            group: "shipping",
            name: "\(host)-\(pid)-23ad4b/\(slot)",
            host: host,
            pid: pid,
            startedAt: Timestamp(milliseconds: 1_700_000_000_000),
            silence: silence,
            partitions: holds.map { Partition("orders", PartitionNumber(rawValue: $0)) }
        )
    }
}
