import Foundation
import Logging
import Perch
import Postgres
import Synchronization

/// A scheduler that now and then ends its process between its handler and COMMIT: `ticking-scheduler DATABASE_URL CLOCK_FILE`. What
/// time it is stands in the file.
@main
enum TickingScheduler {
    static func main() async throws {
        let (url, clock) = (CommandLine.arguments[1], CommandLine.arguments[2])
        let orders = TopicContract(name: "orders", owner: "shop", key: "order", partitions: 4, groups: [], events: [])
        var settings = Scheduler.Settings()
        settings.look = .milliseconds(20)
        settings.silence = .seconds(3)
        var logger = Logger(label: "ticking-scheduler")
        logger.logLevel = .critical
        let scheduler = try Scheduler(
            service: "shop",
            schedules: [
                Schedule("whole", .every(.seconds(10))) { tick, tx in
                    try write(tick, "whole", tx)
                    try tx.publish(Ticked(order: "\(tick.time)"))
                    try dieAtTimes(tx)
                },
                Schedule(steps: "halves", .every(.seconds(30))) { tick, tx in
                    let isBegun = try tx.query("SELECT 1 FROM effects WHERE kind = 'begun' AND tick = \(tick.time)") {
                        _ in true
                    }
                    try write(tick, isBegun.isEmpty ? "begun" : "ended", tx)
                    try dieAtTimes(tx)
                    return isBegun.isEmpty ? .more : .done
                },
            ],
            contract: Contract(topics: [orders]),
            postgres: PostgresConfiguration(url: url),
            settings: settings,
            logger: logger,
            clock: {
                Timestamp((try? String(contentsOfFile: clock, encoding: .utf8)) ?? "") ?? Timestamp(milliseconds: 0)
            }
        )
        try await scheduler.run()
    }

    static func write(_ tick: Tick, _ kind: String, _ tx: borrowing Transaction) throws {
        try tx.execute("INSERT INTO effects (kind, tick) VALUES (\(kind), \(tick.time))")
    }

    /// What it has written is at the server then.
    static func dieAtTimes(_ tx: borrowing Transaction) throws {
        guard Int.random(in: 0..<10) == 0 else { return }
        try tx.flush()
        kill(getpid(), SIGKILL)
    }
}

struct Ticked: Event {
    static let type: EventType = "ticked"
    static let topic: TopicName = "orders"
    let order: String
    var version: Int { 1 }
    var key: String { order }
}
