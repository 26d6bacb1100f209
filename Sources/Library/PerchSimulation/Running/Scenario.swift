import PerchProtocol

/// What one run looks like, drawn from its seed: how many actors, how fast, and which faults it may meet.
///
/// Each run enables a random part of the faults: what hides behind another fault in one run stands alone in the next.
struct Scenario {
    var partitions: Int
    var groups: Int
    var workersPerGroup: Int
    var relays = 2
    var producers: Int
    var keys: Int
    /// Transactions of each producer while there are faults, and after.
    var transactions: Int
    var lateTransactions: Int
    var batchSize: Int
    var relayBatchSize: Int
    var assignLimit: Int
    var faultTime: Int64
    var leaseTime = Int64.seconds(3)
    var heartbeatEvery = Int64.milliseconds(600)
    /// In a transaction of acquire, assign or adopt.
    var idleTimeout = Int64.seconds(3)
    /// After which another relay ends the active one.
    var relaySilence = Int64.seconds(3)
    var retention: Int64
    /// The most entries that a relay drops at a time: all, or few.
    var trimLimit: Int { retention < .seconds(3600) && retention % 2000 == 0 ? 1 + Int(retention / 2000) % 5 : 100_000 }
    /// Of every fourth run.
    var limit: WorkLimit? {
        switch faultTime / 1000 % 12 {
        case 0: WorkLimit("bank", perSecond: 10, burst: 2)
        case 1: WorkLimit("bank", atATime: 1)
        case 2: WorkLimit("bank", perSecond: 10, burst: 2, atATime: 1)
        default: nil
        }
    }
    /// Whether the log's old part is dropped as the stream is trimmed.
    var dropsLog: Bool
    /// COMMIT is pipelined behind the fence.
    var pipelinesFence: Bool
    /// Workers read and send the next round while one is being committed.
    var readsAhead: Bool
    /// Messages in ten thousand that are lost on the way there, lost on the way back, or late.
    var lostRequests = 0
    var lostReplies = 0
    var lateMessages = 0
    /// Handlers in a thousand that fail, and rounds that meet a conflict.
    var failingHandlers = 0
    var conflicts = 0
    /// Events in a thousand whose handler fails a few times, fails for ever, waits, or ends its process.
    var failingEvents = 0
    var dyingEvents = 0
    var waitingEvents = 0
    var killingEvents = 0
    var slowCommits = 0
    /// COMMITs of rounds in a thousand that are refused.
    var refusedCommits = 0
    var faults: [ScheduledFault] = []
    /// Of the Redis: one server, or the nodes of a cluster.
    var nodes = 1

    init(_ random: inout SplitMix64) {
        partitions = random.between(2, 3)
        let isLong = random.chance(perMille: 400)
        groups = random.chance(perMille: 300) ? 2 : 1
        workersPerGroup = groups == 2 ? 2 : random.between(2, 4)
        producers = random.between(2, 3)
        keys = random.between(3, 5)
        transactions = random.between(2, isLong ? 24 : 8)
        lateTransactions = random.between(0, 2)
        batchSize = random.between(1, 6)
        relayBatchSize = random.between(1, 5)
        assignLimit = random.between(2, 8)
        faultTime = .milliseconds(random.between(2500, isLong ? 30_000 : 9000))
        retention = random.chance(perMille: 500) ? .milliseconds(random.between(200, 3000)) : .seconds(3600)
        pipelinesFence = random.chance(perMille: 700)
        readsAhead = random.chance(perMille: 700)
        if random.chance(perMille: 500) { lostRequests = random.between(1, 60) }
        if random.chance(perMille: 500) { lostReplies = random.between(1, 80) }
        if random.chance(perMille: 400) { lateMessages = random.between(1, 60) }
        if random.chance(perMille: 300) { failingHandlers = random.between(1, 150) }
        if random.chance(perMille: 300) { conflicts = random.between(1, 150) }
        if random.chance(perMille: 350) { failingEvents = random.between(10, 400) }
        if random.chance(perMille: 250) { dyingEvents = random.between(10, 200) }
        if random.chance(perMille: 250) { waitingEvents = random.between(10, 300) }
        if random.chance(perMille: 150) { killingEvents = random.between(10, 80) }
        if random.chance(perMille: 500) { slowCommits = random.between(50, 500) }
        if random.chance(perMille: 250) { refusedCommits = random.between(1, 150) }

        var enabled: [(fault: Fault, weight: Int)] = []
        for fault in Fault.allCases where !fault.isOfNodes {
            // Crashes and pauses in most runs, anything else in some.
            let share = fault.isOfProcess ? 600 : 220
            if random.chance(perMille: share) { enabled.append((fault, fault.isOfProcess ? 3 : 2)) }
        }
        dropsLog = random.chance(perMille: 400)
        let lying: Set<Fault> = [
            .acknowledgeByHand, .setGroupByHand, .consumerSetBack, .trimByHand, .replay, .replayAgain,
        ]
        if dropsLog { enabled.removeAll { lying.contains($0.fault) } }
        let total = enabled.reduce(0) { $0 + $1.weight }
        guard total > 0 else { return }
        for _ in 0..<random.between(0, isLong ? 40 : 16) {
            var drawn = random.below(total)
            let fault =
                enabled.first {
                    drawn -= $0.weight
                    return drawn < 0
                }?.fault ?? .crash
            faults.append(
                ScheduledFault(
                    fault: fault,
                    time: Int64(random.below(Int(faultTime))),
                    isAtCriticalStep: random.chance(perMille: 750)
                )
            )
        }
        faults.sort { $0.time < $1.time }
    }
}

extension Simulation {
    /// Whether producers delay some of their events, and cancel some: in two of three runs.
    var hasDelays: Bool { seed % 3 != 1 }
}

extension Scenario {
    /// The longest that an event is delayed.
    static let longestDelay: Int64 = 5000

    /// Whether the Redis is a cluster, and what goes wrong with its nodes. By numbers of its own: a run on one server is as it was.
    mutating func drawNodes(_ seed: UInt64) {
        var random = SplitMix64(seed: (seed &+ 1) &* 0x9E37_79B9_7F4A_7C15)
        nodes = random.chance(perMille: 350) ? random.between(2, 3) : 1
        let possible: [Fault] = nodes == 1 ? [.demotedStays] : Fault.ofNodes
        let enabled = possible.filter { _ in random.chance(perMille: nodes == 1 ? 200 : 350) }
        guard !enabled.isEmpty else { return }
        // Long enough to see that the others go on.
        if enabled.contains(.nodeAway), random.chance(perMille: 300) {
            faultTime = max(faultTime, .seconds(25))
            transactions = max(transactions, 12)
            workersPerGroup = 1
        }
        for _ in 0..<random.between(1, nodes == 1 ? 3 : 10) {
            faults.append(
                ScheduledFault(
                    fault: enabled[random.below(enabled.count)],
                    time: Int64(random.below(Int(faultTime))),
                    isAtCriticalStep: random.chance(perMille: 500)
                )
            )
        }
        faults.sort { $0.time < $1.time }
    }

    /// Nothing goes wrong but this, again and again, on the nodes of a cluster; a master is demoted also where it is the only server.
    mutating func becomeRunOf(_ fault: Fault, _ seed: UInt64) {
        nodes = fault == .demotedStays && seed % 2 == 0 ? 1 : 2 + Int(seed % 2)
        (lostRequests, lostReplies, lateMessages) = (0, 0, 0)
        var random = SplitMix64(seed: seed)
        // Of one that lasts the first may come to its end before there is another.
        if fault.isOfReach {
            faultTime = .seconds(30)
            transactions = 24
            (partitions, workersPerGroup) = (3, fault == .nodeAway ? 1 : 2)
        }
        faults = (0..<(fault.isOfReach ? 2 : random.between(3, 12))).map { _ in
            ScheduledFault(
                fault: fault,
                time: Int64(random.below(Int(faultTime))),
                isAtCriticalStep: random.chance(perMille: 500)
            )
        }
        faults.sort { $0.time < $1.time }
    }

    /// Two partitions, one group, and nothing that goes wrong.
    mutating func becomeScripted(nodes: Int) {
        self.nodes = nodes
        partitions = 2
        groups = 1
        keys = 4
        faults = []
        lostRequests = 0
        lostReplies = 0
        lateMessages = 0
        slowCommits = 0
        refusedCommits = 0
        retention = .seconds(3600)
        dropsLog = false
    }
}

struct ScheduledFault {
    let fault: Fault
    let time: Int64
    /// It waits for the next step that changes something, and strikes right at it.
    let isAtCriticalStep: Bool
}

package enum Fault: String, CaseIterable, Sendable {
    // Processes
    /// The process of the step dies; it starts again later as a new owner.
    case crash
    /// SIGSTOP for a while, mostly past its lease.
    case pause
    /// SIGSTOP until the end of the calm phase.
    case longPause
    /// The worker is told to stop, and started again.
    case quiet
    /// The heartbeat's connection hangs while the worker goes on.
    case heartbeatStall
    case loseRequest
    case loseReply
    /// The message takes seconds.
    case delay

    // Redis
    case failover
    case flushAll
    case dropStream
    case destroyGroup
    case deleteEntry
    case foreignEntry
    case foreignFuture
    case foreignNext
    /// A valid entry that continues the log, with a time far ahead.
    case forgedFuture
    case claimByHand
    case acknowledgeByHand
    case setGroupByHand
    case setStreamByHand
    case trimByHand
    case outOfMemory
    /// A node of a cluster is away for seconds, and nothing else is: nobody is there, or nobody answers.
    case nodeAway
    /// A process alone does not reach a node of a cluster, until the heal phase. Of the loops only.
    case cutOff
    case redisRestart

    // Nodes of a cluster; the demoted master also where there is one server
    /// A replica that lags takes over, at another address.
    case nodeFailover
    /// A slot is another node's at once, which has the stream, half of it, or nothing.
    case slotMoves
    /// A slot is handed over: for a while its key is at neither node.
    case migrating
    /// A client takes a stream to be where it is not.
    case staleMap
    /// A master becomes a replica, and its connections stay.
    case demotedStays
    /// Nobody hears that a stream was appended to.
    case ringLost

    // Postgres
    case producerRestart
    case consumerRestart
    case producerSetBack
    case consumerSetBack
    /// `perch replay --pending`
    case raiseEpoch
    /// `perch pause`, and after a while `resume`
    case hold
    /// A rebuild: `perch replay --from` of a subscription with a reset.
    case replay
    /// `perch replay --from` of idempotent handlers
    case replayAgain
    /// `perch replay --key`
    case replayKey
    /// `perch failed retry` and `discard`
    case retryByHand
    case discardByHand
    /// The clock of the servers jumps, forward or back.
    case clockJump

    var isOfProcess: Bool {
        switch self {
        case .crash, .pause, .longPause, .quiet, .heartbeatStall, .loseRequest, .loseReply, .delay: true
        default: false
        }
    }

    /// Those of a cluster's nodes.
    package static var ofNodes: [Fault] { allCases.filter { $0.isOfNodes || $0.isOfReach } }

    /// Of a cluster's nodes too, and drawn among the faults of all runs.
    var isOfReach: Bool { self == .nodeAway || self == .cutOff }

    var isOfNodes: Bool {
        switch self {
        case .nodeFailover, .slotMoves, .migrating, .staleMap, .demotedStays, .ringLost: true
        default: false
        }
    }
}
