import Foundation
import LocalServers

/// Does harm to a running system by a seeded schedule, and undoes what has to be undone. Used from one thread.
///
/// The seed settles kinds, order, victims and pauses; what the processes do between them is up to the machine.
struct FaultInjector {
    typealias Moment = ContinuousClock.Instant

    /// A server or process that is down or frozen, and when it is helped up.
    private struct Repair {
        /// Nil: when the calm is over.
        let due: Moment?
        let act: () throws -> Void
    }

    let system: PopugSystem
    let disturbances: Disturbances
    let monitor: LivenessMonitor
    private(set) var happened: [Fault: Int] = [:]
    /// Tries in which the moment was not met: nobody was in a transaction, the victim was the last of its kind.
    private(set) var missed: [Fault: Int] = [:]
    private let seed: UInt64
    private var random: SplitMix64
    private var repairs: [Repair] = []
    private var isRedisDown = false

    /// What the system may take to get over a disturbance. Both ends reconnect with a backoff of up to 2 s, the relay
    /// audits every 2 s, a worker looks again for what is missing, or waits behind an event whose user it has not heard of,
    /// for up to 2 s.
    static let settling = 6.0
    /// What was with a process that died or froze has a new owner after its lease and 2 s; until then it may also hold
    /// locks that others wait for.
    static let takeover = Double(PopugSystem.usualLease) + 2

    init(system: PopugSystem, disturbances: Disturbances, monitor: LivenessMonitor, seed: UInt64) {
        self.system = system
        self.disturbances = disturbances
        self.monitor = monitor
        self.seed = seed
        random = SplitMix64(seed: seed)
    }

    // MARK: Schedule

    /// Bursts of faults, each followed by a calm in which long freezes go on and the others must work: until the monitor has
    /// seen enough of a system that nothing disturbs, and no shorter than `calm` seconds.
    ///
    /// The pauses here are the schedule, not a wait for anything.
    mutating func run(
        bursts: Int,
        faultsEach: Int,
        calm: Double,
        calmSamples: Int,
        atBurst: (Int) throws -> Void
    ) throws {
        var deck = Fault.schedule(bursts * faultsEach, using: &random)
        for burst in 0..<bursts {
            try atBurst(burst)
            for (index, fault) in deck.prefix(faultsEach).enumerated() {
                // Each fault draws for itself: what the moment allows one changes nothing for the next.
                random = SplitMix64(seed: seed &+ UInt64(burst * faultsEach + index + 1) &* 0xA24B_AED4_963E_E407)
                let isDone = try attempt(fault)
                // What the moment did not allow is tried again later on.
                if !isDone, happened[fault] == nil { deck.append(fault) }
                try pause(Double.random(in: 0.3...1.1, using: &random))
            }
            deck.removeFirst(min(faultsEach, deck.count))
            try beCalm(calm, samples: calmSamples)
        }
        for fault in Fault.allCases where happened[fault] == nil {
            for _ in 0..<5 where happened[fault] == nil { _ = try attempt(fault) }
            try beCalm(calm, samples: calmSamples)
        }
    }

    private mutating func beCalm(_ seconds: Double, samples: Int) throws {
        let enough = monitor.undisturbed + samples
        try pause(seconds)
        try waitFor("the monitor sees an undisturbed system") {
            try repairDue()
            let seen = monitor.undisturbed
            return seen >= enough ? nil : "\(enough - seen) looks are missing"
        }
        let last = repairs.filter { $0.due == nil }
        repairs.removeAll { $0.due == nil }
        for repair in last { try repair.act() }
    }

    /// Helps everything up at once.
    mutating func heal() throws {
        let open = repairs
        repairs = []
        for repair in open { try repair.act() }
        isRedisDown = false
        try system.redis.start()
        try system.postgres.start()
        for seat in system.seats {
            seat.thaw()
            try seat.start()
        }
    }

    private mutating func pause(_ seconds: Double) throws {
        let end = Moment.now + .seconds(seconds)
        while Moment.now < end {
            try repairDue()
            // habits: the schedule of faults.
            usleep(20_000)
        }
    }

    private mutating func repairDue() throws {
        let now = Moment.now
        let due = repairs.filter { $0.due.map { $0 <= now } ?? false }
        repairs.removeAll { $0.due.map { $0 <= now } ?? false }
        for repair in due { try repair.act() }
        if !due.isEmpty { isRedisDown = !system.redis.isRunning }
    }

    private mutating func repair(after seconds: Double, _ act: @escaping () throws -> Void) {
        repairs.append(Repair(due: .now + .seconds(seconds), act: act))
    }

    private mutating func attempt(_ fault: Fault) throws -> Bool {
        try repairDue()
        let isDone: Bool
        do {
            isDone = try inflict(fault)
        } catch let error as LocalServerError where error.code == .commandFailed {
            // A server that is down or starting cannot be harmed by hand.
            isDone = false
        }
        if isDone { happened[fault, default: 0] += 1 } else { missed[fault, default: 0] += 1 }
        return isDone
    }

    // MARK: Faults

    private mutating func inflict(_ fault: Fault) throws -> Bool {
        switch fault {
        case .killWorker: try killOne(of: PopugSystem.consumers)
        case .killRelay: try killOne(of: ["auth", "tracker"])
        case .freezeWorker: freezeOne(of: PopugSystem.consumers)
        case .freezeRelay: freezeOne(of: ["auth", "tracker"])
        case .killServer: try killOne(of: ["http"])
        case .freezeServer: freezeOne(of: ["http"])
        case .freezeWorkerInTransaction: try freezeInTransaction()
        case .killRedis: try killRedis()
        case .setRedisBack: try setRedisBack()
        case .restartPostgres: try strikePostgres { try $0.restart() }
        case .crashPostgres:
            try strikePostgres { postgres in
                postgres.kill()
                try postgres.start()
            }
        case .cutConnections: try cutConnections()
        default: try typeIntoRedis(fault)
        }
    }

    /// A running process of these services that is not the last of its service. Of those that serve HTTP there is one
    /// each: whoever calls it waits.
    private mutating func victim(of services: [String]) -> Seat? {
        let running = services.flatMap { service -> [Seat] in
            let all = system.seats(of: service).filter(\.isRunning)
            return all.count > 1 || service == "http" ? all : []
        }
        return running.randomElement(using: &random)
    }

    private mutating func killOne(of services: [String]) throws -> Bool {
        guard let seat = victim(of: services) else { return false }
        seat.kill()
        disturbances.note("kill \(seat.name)", grace: Self.takeover)
        repair(after: Double.random(in: 0.1...2, using: &random)) { try seat.start() }
        return true
    }

    /// Past its lease, often by far: whoever is frozen must hold nobody up after the takeover, nor when it wakes.
    private mutating func freezeOne(of services: [String]) -> Bool {
        guard let seat = victim(of: services) else { return false }
        seat.freeze()
        disturbances.note("freeze \(seat.name)", grace: Self.takeover)
        repair(after: Double(PopugSystem.usualLease) + Double.random(in: 1...9, using: &random)) { seat.thaw() }
        return true
    }

    /// Stops a process that consumes again and again until Postgres says that one of its sessions has a transaction open.
    /// It stays so through the calm: whatever it has locked, the others must go on. (A heartbeat is one statement, and has no
    /// transaction to be stopped in.)
    private mutating func freezeInTransaction() throws -> Bool {
        guard let seat = victim(of: PopugSystem.consumers) else { return false }
        for _ in 0..<60 {
            guard let pid = seat.pid else { return false }
            seat.freeze()
            let isCaught: Bool
            do {
                isCaught = try isInTransaction(pid, of: seat.service)
            } catch {
                seat.thaw()
                throw error
            }
            if isCaught {
                disturbances.note("freeze \(seat.name) in a transaction", grace: Self.takeover)
                repairs.append(Repair(due: nil) { seat.thaw() })
                return true
            }
            seat.thaw()
            // habits: another moment is drawn.
            usleep(UInt32.random(in: 1_000...30_000))
        }
        return false
    }

    /// Whether a session of that process has a transaction open and the server waits for the process to go on: `ClientRead`
    /// (in a pipeline its state says active all the same). An owner's name has its pid.
    private func isInTransaction(_ pid: Int32, of service: String) throws -> Bool {
        let sql = """
            SELECT count(*) FROM perch.leases l
            JOIN pg_stat_activity a ON a.pid = l.backend_pid AND a.backend_start = l.backend_start
            WHERE l.owner ~ '-\(pid)-[^-]*$' AND a.state <> 'idle'
            AND a.xact_start < clock_timestamp() - interval '10 ms' AND a.wait_event = 'ClientRead'
            """
        guard try system.number(sql, in: service) ?? 0 > 0 else { return false }
        return try system.number(sql, in: service) ?? 0 > 0
    }

    // MARK: Servers

    private mutating func killRedis() throws -> Bool {
        guard !isRedisDown else { return false }
        let number = disturbances.begin("kill Redis")
        system.redis.kill()
        isRedisDown = true
        let (redis, disturbances) = (system.redis, disturbances)
        repair(after: Double.random(in: 0.1...2, using: &random)) {
            try redis.start()
            disturbances.finish(number, grace: Self.settling)
        }
        return true
    }

    /// Redis comes back with the data it had some seconds ago, as after a failover to a replica that lagged.
    private mutating func setRedisBack() throws -> Bool {
        guard !isRedisDown else { return false }
        let (redis, disturbances) = (system.redis, disturbances)
        let data = "\(redis.folderPath)/appendonlydir"
        let copy = "\(redis.folderPath)/older-\(happened[.setRedisBack, default: 0])"
        try FileManager.default.copyItem(atPath: data, toPath: copy)
        repair(after: Double.random(in: 1...4, using: &random)) {
            let number = disturbances.begin("set Redis back")
            redis.kill()
            try FileManager.default.removeItem(atPath: data)
            try FileManager.default.moveItem(atPath: copy, toPath: data)
            try redis.start()
            disturbances.finish(number, grace: Self.settling)
        }
        return true
    }

    private mutating func strikePostgres(_ strike: (LocalPostgres) throws -> Void) throws -> Bool {
        let number = disturbances.begin("restart Postgres")
        try strike(system.postgres)
        disturbances.finish(number, grace: Self.settling)
        return true
    }

    private mutating func cutConnections() throws -> Bool {
        disturbances.note("cut connections", grace: Self.settling)
        let cut = try system.number(
            """
            SELECT count(*) FILTER (WHERE pg_terminate_backend(pid)) FROM pg_stat_activity
            WHERE application_name LIKE 'popug-%' AND random() < 0.5
            """,
            in: "postgres"
        )
        return cut ?? 0 > 0
    }

    // MARK: By hand

    /// What somebody types into redis-cli: done in one step, and only where it does harm.
    private mutating func typeIntoRedis(_ fault: Fault) throws -> Bool {
        let stream = "tickets:\(Int.random(in: 0..<4, using: &random))"
        let group = PopugSystem.consumers[Int.random(in: 0..<2, using: &random)]
        let redis = system.redis
        disturbances.note("\(fault.rawValue) \(stream)", grace: Self.settling)
        switch fault {
        case .flushAll: return try redis.cli("FLUSHALL") == "OK"
        case .deleteStream: return try redis.cli("DEL", stream) == "1"
        case .destroyGroup: return try redis.cli("XGROUP", "DESTROY", stream, group) == "1"
        case .deleteUnreadEntries: return try deleteUnread(stream)
        case .foreignGarbage: return try redis.cli("XADD", stream, "*", "hello", "world").contains("-")
        case .foreignFarFuture: return try redis.cli("XADD", stream, "9999999999999-1", "a", "b").hasPrefix("9999")
        case .setGroupBack: return try redis.cli("XGROUP", "SETID", stream, group, "0") == "OK"
        case .setGroupForward: return try redis.cli("XGROUP", "SETID", stream, group, "$") == "OK"
        case .readByHand: return try readByHand(stream, group, options: "")
        default: return try readByHand(stream, group, options: "'NOACK', ")
        }
    }

    /// Entries that the group has not read yet: a script, so that nobody reads them in between.
    private func deleteUnread(_ stream: String) throws -> Bool {
        let script = """
            local groups = redis.call('XINFO', 'GROUPS', KEYS[1])
            local unread = redis.call('XRANGE', KEYS[1], '(' .. groups[1][8], '+', 'COUNT', 3)
            for _, entry in ipairs(unread) do redis.call('XDEL', KEYS[1], entry[1]) end
            return #unread
            """
        return try hits(script, stream)
    }

    /// Entries are taken from the group, as with NOACK acknowledged as well, and nobody has handled them.
    private func readByHand(_ stream: String, _ group: String, options: String) throws -> Bool {
        let script = """
            local read = redis.call('XREADGROUP', 'GROUP', '\(group)', 'hand', 'COUNT', 20, \(options)'STREAMS', KEYS[1], '>')
            return read and #read[1][2] or 0
            """
        return try hits(script, stream)
    }

    /// Tries for a moment to meet entries that nobody has read yet: workers are fast.
    private func hits(_ script: String, _ stream: String) throws -> Bool {
        for _ in 0..<150 where Int(try system.redis.cli("EVAL", script, "1", stream)) ?? 0 > 0 { return true }
        return false
    }
}
