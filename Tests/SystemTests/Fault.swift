/// What goes wrong while the system works. Each kind happens at least once.
enum Fault: String, CaseIterable {
    // Processes of accounting and analytics, which consume.
    case killWorker, freezeWorker, freezeWorkerInTransaction
    // Processes of auth and tracker, whose relays publish (tracker's consumes as well).
    case killRelay, freezeRelay
    // Processes that serve HTTP: one a service.
    case killServer, freezeServer
    // Redis.
    case killRedis, setRedisBack, flushAll, deleteStream, destroyGroup, deleteUnreadEntries
    case foreignGarbage, foreignFarFuture, setGroupBack, setGroupForward, readByHand, acknowledgeByHand
    // Postgres.
    case restartPostgres, crashPostgres, cutConnections

    /// A schedule: every kind once, then `count` in all, drawn; in an order that is drawn as well.
    static func schedule(_ count: Int, using random: inout SplitMix64) -> [Fault] {
        let drawn = (0..<max(count - allCases.count, 0)).compactMap { _ in allCases.randomElement(using: &random) }
        return (allCases + drawn).shuffled(using: &random)
    }
}

/// A generator that gives the same draws for the same seed, on every machine.
struct SplitMix64: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
