import PerchProtocol

/// The decisions of schedules, over a simulated row of Postgres: runners that look, lock, run and commit step by step, and that die,
/// freeze and lose answers at any of them, under a clock that is set forward and back, while an operator pauses, resumes and asks for
/// runs. All is drawn from one seed.
///
/// What the row does is what Postgres 15 does: a lock is had by one and passed over by others, a transaction takes effect as a whole or
/// not at all, a COMMIT that was sent may take effect though nobody hears of it.
package struct ScheduleSimulation {
    /// Ticks at equal distances.
    struct Ticks: TickSource, Sendable {
        let distance: Int64

        func next(after instant: Int64) -> Int64? { (instant.quotient(by: distance) + 1) * distance }
        func last(atOrBefore instant: Int64) -> Int64? { instant.quotient(by: distance) * distance }
    }

    /// What a transaction would make of the row and of the tables that handlers write to.
    struct Changes {
        var state: ScheduleState?
        var effect: Int64?
        var requestEffect: Int64?
        /// A half of a tick that takes two transactions.
        var half: Int64?
    }

    struct Runner {
        enum Place {
            case idle
            /// By a look at the row and the clock.
            case planned(ScheduleStep, ScheduleState)
            case locked(ScheduleStep, ScheduleState)
            /// Transactions that are to commit, one after another.
            case committing([Changes])
        }

        var place = Place.idle
        var frozenUntil: Int64 = 0
    }

    let seed: UInt64
    let sabotage: ScheduleSabotage?
    let decision: ScheduleDecision<Ticks>
    /// Whether ticks take two transactions.
    let hasHalves: Bool
    var random: SplitMix64
    /// True time, which only passes, and what Postgres's clock is ahead of it.
    var time: Int64 = 1_000_000
    var clockAhead: Int64 = 0
    var row: ScheduleState
    var lockedBy: Int?
    var runners: [Runner]
    /// What has taken effect, in order.
    var effects: [Int64] = []
    var halves: [Int64] = []
    var requestEffects: [Int64] = []
    var requests: [Int64] = []
    /// The latest instant that the clock has shown.
    var latest: Int64
    package private(set) var violation: String?

    private var isCalm = false

    /// Microseconds.
    private static let second: Int64 = 1_000_000

    package init(seed: UInt64, sabotage: ScheduleSabotage? = nil) {
        self.seed = seed
        self.sabotage = sabotage
        var random = SplitMix64(seed: seed)
        let ticks = Ticks(distance: .random(in: 1...200, using: &random) * Self.second)
        decision = ScheduleDecision(
            ticks: ticks,
            missed: MissedTicks.allCases.randomElement(using: &random) ?? .all,
            longestRetry: 300 * Self.second
        )
        hasHalves = .random(using: &random)
        runners = Array(repeating: Runner(), count: .random(in: 2...3, using: &random))
        row = ScheduleState(nextTick: ticks.next(after: time))
        latest = time
        self.random = random
    }

    private var clock: Int64 { time + clockAhead }

    /// Runs the seed.
    ///
    /// - Returns: What does not hold; nil: all does.
    package mutating func run() -> String? {
        for _ in 0..<300 where violation == nil {
            time += .random(in: 0...2, using: &random) * decision.ticks.distance / .random(in: 1...20, using: &random)
            disturb()
            moveOne()
        }
        calmDown()
        return violation.map { "seed \(seed): \($0)" }
    }

    // MARK: What goes wrong

    private mutating func disturb() {
        let runner = Int.random(in: 0..<runners.count, using: &random)
        switch Int.random(in: 0..<60, using: &random) {
        case 0: die(runner)
        case 1: runners[runner].frozenUntil = time + decision.ticks.distance * 3
        case 2: clockAhead -= .random(in: 0...50, using: &random) * decision.ticks.distance / 10
        case 3: clockAhead += .random(in: 0...50, using: &random) * decision.ticks.distance / 10
        case 4 where lockedBy == nil: row.isPaused = true
        case 5 where lockedBy == nil: row.isPaused = false
        case 6 where lockedBy == nil && row.requestedAt == nil:
            // Each instant is another, so that it can be told which one took effect.
            let instant = max(clock, (requests.last ?? 0) + 1)
            requests.append(instant)
            row.requestedAt = instant
            row.retryAt = nil
        // Postgres ends a session that says nothing.
        case 7 where lockedBy.map({ runners[$0].frozenUntil > time }) ?? false: die(lockedBy ?? 0)
        default: break
        }
        latest = max(latest, clock)
    }

    /// What it has sent may take effect; the rest is rolled back.
    private mutating func die(_ runner: Int) {
        if case .committing(let transactions) = runners[runner].place, let first = transactions.first,
            Bool.random(using: &random)
        {
            apply(first)
        }
        if lockedBy == runner { lockedBy = nil }
        runners[runner].place = .idle
        runners[runner].frozenUntil = 0
    }

    // MARK: What runners do

    private mutating func moveOne() {
        let runner = Int.random(in: 0..<runners.count, using: &random)
        guard runners[runner].frozenUntil <= time else { return }
        switch runners[runner].place {
        case .idle:
            let step = decision.step(seen(row), at: clock)
            if case .wait = step { return }
            runners[runner].place = .planned(step, row)
        case .planned(let plan, let seen): lock(runner, plan, seen)
        case .locked(let step, let state): handle(runner, step, state)
        case .committing(let transactions): commit(runner, transactions)
        }
    }

    private func seen(_ state: ScheduleState) -> ScheduleState {
        var state = state
        if sabotage == .begunNotKept { state.isBegun = false }
        return state
    }

    private mutating func lock(_ runner: Int, _ plan: ScheduleStep, _ seen: ScheduleState) {
        if sabotage != .noLock {
            guard lockedBy == nil else {
                runners[runner].place = .idle
                return
            }
            lockedBy = runner
        }
        if sabotage == .noSecondLook || sabotage == .noLock {
            runners[runner].place = .locked(plan, seen)
        } else {
            runners[runner].place = .locked(decision.step(self.seen(row), at: clock), row)
        }
    }

    private mutating func handle(_ runner: Int, _ step: ScheduleStep, _ state: ScheduleState) {
        var (note, changes) = (state, Changes())
        switch step {
        case .wait:
            end(runner)
            return
        case .pass(let next): note.nextTick = next
        case .run(let tick):
            if !isCalm, Int.random(in: 0..<8, using: &random) == 0 { return fail(runner, state) { $0.begin(tick) } }
            if hasHalves, halves.last != tick {
                note.begin(tick)
                changes.half = tick
            } else {
                note.finish(tick, of: decision.ticks)
                if sabotage == .nextTickByClock { note.nextTick = decision.ticks.next(after: clock) }
                changes.effect = tick
            }
        case .runRequested(let instant):
            if !isCalm, Int.random(in: 0..<8, using: &random) == 0 { return fail(runner, state) { _ in } }
            if sabotage != .requestNotTakenBack { note.requestedAt = nil }
            note.retryAt = nil
            changes.requestEffect = instant
        }
        switch sabotage {
        case .noteAfterEffects:
            runners[runner].place = .committing([changes, Changes(state: note)])
        case .noteBeforeEffects:
            runners[runner].place = .committing([Changes(state: note), changes])
        default:
            changes.state = note
            runners[runner].place = .committing([changes])
        }
    }

    /// The handler throws: its transaction is rolled back, and that is noted in another one, where the row is still as it was.
    private mutating func fail(_ runner: Int, _ state: ScheduleState, _ note: (inout ScheduleState) -> Void) {
        end(runner)
        guard row == state else { return }
        note(&row)
        row.retryAt = clock + .random(in: 1...300, using: &random) * Self.second
    }

    private mutating func commit(_ runner: Int, _ transactions: [Changes]) {
        guard let first = transactions.first else { return end(runner) }
        switch Int.random(in: 0..<10, using: &random) {
        // The connection is lost: before COMMIT arrives, or before its answer does.
        case 0, 1:
            let hasArrived = Bool.random(using: &random)
            if hasArrived { apply(first) }
            if sabotage == .unclearCommitTakenAsFailed, lockedBy == runner {
                runners[runner].place = .committing(transactions)
            } else {
                end(runner)
            }
        default:
            apply(first)
            if transactions.count > 1 {
                runners[runner].place = .committing(Array(transactions.dropFirst()))
            } else {
                end(runner)
            }
        }
    }

    private mutating func end(_ runner: Int) {
        if lockedBy == runner { lockedBy = nil }
        runners[runner].place = .idle
    }

    // MARK: What must hold

    private mutating func apply(_ changes: Changes) {
        if let state = changes.state { row = state }
        if let half = changes.half {
            if let last = halves.last, half <= last { violate("the first half of \(half) took effect twice") }
            if let last = halves.last, effects.last != last { violate("\(last) was begun and passed over") }
            halves.append(half)
        }
        if let effect = changes.effect { took(effect) }
        if let effect = changes.requestEffect {
            if requestEffects.count >= requests.count || requests[requestEffects.count] != effect {
                violate("a run that was asked for took effect twice, or not in order")
            }
            requestEffects.append(effect)
        }
    }

    private mutating func took(_ tick: Int64) {
        if let last = effects.last {
            if tick <= last { violate("\(tick) took effect twice, or behind \(last)") }
            if decision.missed == .all, tick != last + decision.ticks.distance {
                violate("a tick was lost before \(tick)")
            }
        }
        if tick > latest || tick % decision.ticks.distance != 0 {
            violate("\(tick) took effect before its time, or is none of the ticks")
        }
        if hasHalves, halves.last != tick { violate("\(tick) was ended and not begun") }
        effects.append(tick)
    }

    private mutating func violate(_ what: String) { violation = violation ?? what }

    /// Nothing goes wrong any more: what is due has to be done within a bounded time.
    private mutating func calmDown() {
        for runner in runners.indices { die(runner) }
        isCalm = true
        row.isPaused = false
        // The clock may have been set back below ticks that are done: their time comes again.
        let target = max(latest, clock) + decision.ticks.distance * 5
        while violation == nil, clock < target || isBehind {
            time += decision.ticks.distance / 4
            latest = max(latest, clock)
            for _ in 0..<30 { moveOne() }
            if clock > target + 2000 * Self.second {
                violate("what is due is not done: \(row)")
            }
        }
        if violation == nil, requestEffects != requests { violation = "a run that was asked for was lost" }
    }

    private var isBehind: Bool {
        row.requestedAt != nil || row.isBegun || (row.nextTick ?? .max) <= clock - decision.punctuality
    }
}

extension Int64 {
    /// Rounded down.
    fileprivate func quotient(by divisor: Int64) -> Int64 {
        let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
        return remainder < 0 ? quotient - 1 : quotient
    }
}
