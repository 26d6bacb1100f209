/// How a worker stands with one limit. It changes by what has happened, and in no other way.
struct LimitStanding: Sendable {
    let limit: WorkLimit
    /// Events that it may still begin, and since when.
    private(set) var allowed = 0
    private var askedAt = Duration.zero
    /// The most events that are asked for at once: twice as many as could be begun the last time.
    private var portion: Int
    /// More is there than may be begun: its partitions are read by themselves, and only what is allowed.
    private(set) var isThrottled = false
    /// Nothing is asked of it before.
    private(set) var waitsUntil = Duration.zero
    /// How many of its partitions in a row had less than was asked for.
    private var empty = 0
    /// How often in a row there was no slot.
    private var denials = 0
    /// When it took a slot after others had had their chance.
    private var turnBegan: Duration?
    private var isContested = false

    init(_ limit: WorkLimit) {
        self.limit = limit
        // A tenth of a second's.
        portion = Self.portion(limit.perSecond.map { $0 / 10 } ?? 1)
    }

    private static func portion(_ count: Double) -> Int { Int(min(max(1, count), 1_000_000)) }

    var hasRate: Bool { limit.perSecond != nil }
    var hasSlots: Bool { limit.atATime != nil }

    /// Whether what is allowed may be begun now.
    func isFresh(_ now: Duration, _ settings: WorkerProtocol.Settings) -> Bool {
        now - askedAt < settings.allowance
    }

    /// By when what is allowed has to be begun.
    func deadline(_ settings: WorkerProtocol.Settings) -> Duration { askedAt + settings.allowance }

    /// Whether it has had a slot for long, and others wait.
    func mustYield(_ now: Duration, _ settings: WorkerProtocol.Settings) -> Bool {
        guard isContested, let turnBegan else { return false }
        return now - turnBegan >= settings.limitTurn
    }

    // MARK: Asking

    /// What to ask before so many events are begun; nil: some are allowed already, or any number.
    mutating func question(
        _ count: Int,
        _ now: Duration,
        _ settings: WorkerProtocol.Settings
    ) -> LimitQuestion? {
        guard hasRate else { return nil }
        if allowed > 0, isFresh(now, settings) { return nil }
        return ask(count, now)
    }

    /// What to ask, whatever is allowed.
    mutating func ask(_ count: Int, _ now: Duration) -> LimitQuestion {
        let unused = allowed
        allowed = 0
        askedAt = now
        return LimitQuestion(limit: limit, wanted: hasRate ? min(count, portion) : 0, unused: unused)
    }

    /// - Returns: Whether something may be begun.
    mutating func take(
        _ answer: LimitAnswer,
        _ now: Duration,
        _ settings: WorkerProtocol.Settings,
        using random: inout SplitMix64
    ) -> Bool {
        allowed = max(0, answer.allowed)
        guard answer.hasFreeSlot else {
            deny(now, settings, using: &random)
            return false
        }
        guard hasRate, allowed == 0 else {
            // The others that are throttled have waited longer from here on.
            waitsUntil = now
            return true
        }
        // Those that wait for the same come one after another.
        let wait = min(max(answer.wait, .milliseconds(10)), .seconds(10))
        stand(until: now + wait * Double.random(in: 1...1.25, using: &random))
        return false
    }

    // MARK: What has happened

    /// These are begun.
    mutating func begin(_ count: Int) {
        if hasRate { allowed = max(0, allowed - count) }
    }

    /// All that was to be begun was begun, or only so many of them.
    mutating func hasBegun(_ count: Int, of all: Int, _ settings: WorkerProtocol.Settings) {
        guard hasRate else { return }
        allowed += all - count
        portion = count < all ? max(1, count) : min(max(portion, 2 * count), settings.batchSize)
    }

    /// Some that were begun, as far as the limit knows, were not.
    mutating func giveBack(_ count: Int) {
        if hasRate { allowed += max(0, count) }
    }

    mutating func hasSlot(isContested: Bool, _ now: Duration) {
        denials = 0
        self.isContested = isContested
        if turnBegan == nil { turnBegan = now }
    }

    /// There is no slot.
    mutating func deny(_ now: Duration, _ settings: WorkerProtocol.Settings, using random: inout SplitMix64) {
        denials += 1
        stand(until: now + settings.slot.delay(after: denials, using: &random))
    }

    /// The others have their chance: longer than they wait between two looks.
    mutating func yield(_ now: Duration, _ settings: WorkerProtocol.Settings) {
        stand(until: now + settings.slot.cap * 1.2)
    }

    private mutating func stand(until then: Duration) {
        isThrottled = true
        empty = 0
        waitsUntil = then
        turnBegan = nil
    }

    /// Some of its partitions were read by themselves: where all of them had less than was asked for, one after another or together,
    /// it has caught up.
    mutating func hasRead(_ count: Int, of all: Int, isFull: Bool) {
        empty = isFull ? 0 : empty + count
        if empty >= all { isThrottled = false }
    }

    /// The connection is gone, and with it what was allowed.
    mutating func forget() {
        allowed = 0
        turnBegan = nil
    }
}
