import Foundation
import LocalServers
import Synchronization

/// Watches that nobody sits on a backlog: safety without progress is a failure too.
///
/// The rule: a partition with a backlog for a group (positions were given past the group's checkpoint), and an outbox with
/// rows in it, have to move within `patience` at the pace of this machine, counted from the latest of: its last move; the last
/// sample in which it had nothing to do; the end of the last disturbance. A disturbance is a server that is down, from its
/// fall until `FaultInjector.settling` after its return; the same after anything typed into Redis; and for a process that
/// was killed or frozen `FaultInjector.takeover` from that moment, however long it stays so: then others must go on.
/// Disturbances count for all partitions, since what is cut off at one may be waited for at another.
final class LivenessMonitor: Sendable {
    typealias Moment = ContinuousClock.Instant

    struct Lane {
        var done = 0
        var goodUntil: Moment
        var isReported = false
    }

    struct Findings {
        var violations: [String] = []
        /// The longest time without a move that counted, and where.
        var longest = (seconds: 0.0, lane: "")
        /// Time in which nothing disturbed the system, and all samples.
        var undisturbed = 0
        var samples = 0
    }

    private struct State {
        var lanes: [String: Lane] = [:]
        var findings = Findings()
        var isOver = false
        var hasEnded = false
    }

    /// Seconds for which an undisturbed owner may sit on a backlog on a quiet machine; longer where this one is slow.
    static let patience = 5.0

    private let system: PopugSystem
    private let disturbances: Disturbances
    private let pace: Pace
    private let state = Mutex(State())

    init(system: PopugSystem, disturbances: Disturbances, pace: Pace) {
        self.system = system
        self.disturbances = disturbances
        self.pace = pace
    }

    /// Begins to watch, on a thread of its own.
    func start() {
        Thread.detachNewThread { [self] in
            while !state.withLock({ $0.isOver }) {
                look()
                // habits: the rate of the samples; nothing is waited for.
                usleep(400_000)
            }
            state.withLock { $0.hasEnded = true }
        }
    }

    /// Ends the watch; what it has found.
    func stop() throws -> Findings {
        state.withLock { $0.isOver = true }
        try waitFor("the monitor ends") { state.withLock { $0.hasEnded ? nil : "a look goes on" } }
        return state.withLock { $0.findings }
    }

    /// How many looks at an undisturbed system there were so far.
    var undisturbed: Int { state.withLock { $0.findings.undisturbed } }

    private func look() {
        for seat in system.seats {
            if let exit = seat.unexpectedEnd {
                report("\(seat.name) ended by itself: \(exit)\n\(system.tail(seat.name))")
                seat.kill()
            }
        }
        let before = Moment.now
        // A server that is down has nothing to tell: it is a disturbance, or the end of the test will show.
        guard let sample = try? sample() else { return }
        pace.note((Moment.now - before).inSeconds)
        state.withLock { state in
            state.findings.samples += 1
            if !disturbances.isDisturbed(at: before) { state.findings.undisturbed += 1 }
            for (name, (done, goal, note)) in sample { judge(name, done, goal, note, before, &state) }
        }
    }

    private func judge(_ name: String, _ done: Int, _ goal: Int, _ note: String, _ now: Moment, _ state: inout State) {
        var lane = state.lanes[name] ?? Lane(goodUntil: now)
        if done != lane.done || done >= goal || disturbances.isDisturbed(at: now) {
            lane.goodUntil = now
            lane.isReported = false
        }
        lane.done = done
        let stalled = (now - lane.goodUntil).inSeconds
        if stalled > state.findings.longest.seconds { state.findings.longest = (stalled, name) }
        if stalled > Self.patience * pace.stretch, !lane.isReported {
            lane.isReported = true
            state.findings.violations.append(
                "\(name) has not moved for \(stalled) s: at \(done) of \(goal), \(note); before: "
                    + disturbances.recent(before: now)
            )
        }
        state.lanes[name] = lane
    }

    private func report(_ violation: String) { state.withLock { $0.findings.violations.append(violation) } }

    /// By lane: where it is, where it could be, and a word on it.
    private func sample() throws -> [String: (done: Int, goal: Int, note: String)] {
        var lanes: [String: (done: Int, goal: Int, note: String)] = [:]
        var given: [String: Int] = [:]
        for service in PopugSystem.services {
            let partitions = try rows(
                """
                SELECT p.topic || ':' || p.partition, p.last_position,
                    (SELECT count(*) FROM perch.outbox o WHERE o.topic = p.topic AND o.partition = p.partition)
                FROM perch.partitions p
                """,
                in: service
            )
            for row in partitions where row.count == 3 {
                let (position, waiting) = (Int(row[1]) ?? 0, Int(row[2]) ?? 0)
                given[row[0]] = position
                lanes["outbox of \(row[0])"] = (position, position + waiting, "rows wait for positions")
            }
        }
        for service in PopugSystem.consumers {
            let checkpoints = try rows(
                """
                SELECT c.topic || ':' || c.partition, c.position,
                    coalesce(l.owner, 'nobody') || ' under epoch ' || l.epoch
                FROM perch.checkpoints c JOIN perch.leases l USING (group_name, topic, partition)
                """,
                in: service
            )
            for row in checkpoints where row.count == 3 {
                lanes["\(service) at \(row[0])"] = (Int(row[1]) ?? 0, given[row[0]] ?? 0, row[2])
            }
        }
        return lanes
    }

    private func rows(_ sql: String, in database: String) throws -> [[String]] {
        try system.postgres.psql(sql, database: database).split(separator: "\n")
            .map { $0.split(separator: "|").map(String.init) }
    }
}
