import PerchProtocol

/// How an event's handler behaves, in one group.
enum Behaviour {
    case good
    /// It fails this often.
    case fails(Int)
    /// It fails until it is mended.
    case failsForEver
    /// What it needs comes at this moment.
    case waits(until: Int64)
    /// It ends its process.
    case kills

    var isBlamed: Bool {
        switch self {
        case .fails, .failsForEver: true
        default: false
        }
    }
}

extension Simulation {
    /// Always the same for an event and a group.
    func behaviour(_ event: Int, _ group: Int) -> Behaviour {
        guard event >= 0 else { return .good }
        var random = SplitMix64(seed: seed &* 1_000_003 &+ UInt64(event) &* 31 &+ UInt64(group))
        if random.chance(perMille: scenario.failingEvents) { return .fails(random.between(1, 4)) }
        if random.chance(perMille: scenario.dyingEvents) { return .failsForEver }
        if random.chance(perMille: scenario.waitingEvents) {
            return .waits(until: Int64(random.below(Int(scenario.faultTime))))
        }
        if random.chance(perMille: scenario.killingEvents) { return .kills }
        return .good
    }

    /// What the handler does now; nil: it succeeds.
    func failure(_ event: Int, _ group: Int) -> Misfortune? {
        guard phase == .faults || phase == .calm else { return nil }
        switch behaviour(event, group) {
        case .good: return nil
        case .fails(let times):
            attempts[group][event, default: 0] += 1
            return attempts[group][event, default: 0] <= times ? .failed(EventFailure(.failed, "fails")) : nil
        case .failsForEver: return .failed(EventFailure(.failed, "fails for ever"))
        case .waits(let time): return now < time && phase == .faults ? .failed(EventFailure(.waits(nil), "waits")) : nil
        case .kills: return phase == .faults ? .killed : nil
        }
    }

    enum Misfortune {
        case failed(EventFailure)
        case killed
    }

    /// The handler of this event ends its process.
    ///
    /// Once in a round that nobody counts, once in one that is counted, and then as often as it has attempts. Each fault may
    /// cost one more: a lease that moves by itself in between is no proof against anything.
    func kill(_ process: Int, by event: Int, _ group: Int) {
        let count = deaths[group][event, default: 0] + 1
        deaths[group][event] = count
        if count > WorkerActor.policy.attempts + 2 + firedFaults {
            fail("group \(group): event \(event) has ended \(count) processes and is no dead letter")
        }
        crash(process)
    }

    // MARK: Operators

    func operate(_ fault: Fault, group: Int, _ partition: Int) {
        let place = row(group, partition)
        if fault == .retryByHand { return operate(.retryDead(place), group) }
        if let row = random.pick(databases[Self.consumers].data.failed[place]) {
            operate(.discard(place, row.id.position), group)
        }
    }

    func retryDeadLetters() {
        for group in 0..<scenario.groups where databases[Self.consumers].isUp {
            for row in partitions.indices.map({ row(group, $0) })
            where databases[Self.consumers].data.failed[row].contains(where: { $0.state == .dead }) {
                operate(.retryDead(row), group)
                // What cannot be read nobody retries.
                for dead in databases[Self.consumers].data.failed[row] where dead.event < 0 {
                    operate(.discard(row, dead.id.position), group)
                }
            }
        }
    }

    private func operate(_ command: PostgresCommand, _ group: Int) {
        let database = Self.consumers
        guard databases[database].isUp else { return }
        trace("operator: \(command) in postgres \(database)")
        setClock(of: database)
        if case .retryDead = command {
            failures[group] = [:]
            deaths[group] = [:]
        }
        let session = databases[database].connect(link: -1)
        databases[database].receive([command], session)
        databases[database].end(session)
        drain(database)
    }
}
