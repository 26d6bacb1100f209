import PerchProtocol
import PerchSimulation
import Testing

/// What a schedule does when, by what is noted of it. Ticks lie at each 100.
@Suite struct ScheduleDecisionTests {
    struct Hundreds: TickSource, Sendable {
        func next(after instant: Int64) -> Int64? { (instant / 100 + 1) * 100 }
        func last(atOrBefore instant: Int64) -> Int64? { instant / 100 * 100 }
    }

    private func step(_ missed: MissedTicks, _ state: ScheduleState, at now: Int64) -> ScheduleStep {
        ScheduleDecision(ticks: Hundreds(), missed: missed, punctuality: 20, longestRetry: 50).step(state, at: now)
    }

    @Test(arguments: MissedTicks.allCases) func aTickIsRunFromItsTimeOn(_ missed: MissedTicks) {
        let state = ScheduleState(nextTick: 200)
        #expect(step(missed, state, at: 199) == .wait(until: 200))
        #expect(step(missed, state, at: 200) == .run(200))
        #expect(step(missed, state, at: 220) == .run(200))
    }

    @Test func ofTicksThatWereMissedAllAreRunOrTheLatestOrNone() {
        let state = ScheduleState(nextTick: 200)
        #expect(step(.all, state, at: 550) == .run(200))
        #expect(step(.latest, state, at: 550) == .run(500))
        #expect(step(.none, state, at: 550) == .pass(to: 600))
        #expect(step(.none, state, at: 515) == .run(500), "that one is in time")
    }

    @Test(arguments: MissedTicks.allCases) func aTickThatWasBegunComesBeforeAnyOther(_ missed: MissedTicks) {
        #expect(step(missed, ScheduleState(nextTick: 200, isBegun: true), at: 5000) == .run(200))
    }

    @Test func aTickThatTheScheduleNoLongerHasIsRunBeforeTheNext() {
        #expect(step(.latest, ScheduleState(nextTick: 250), at: 260) == .run(250))
        #expect(step(.none, ScheduleState(nextTick: 250), at: 260) == .run(250))
    }

    @Test func aFailedTickWaitsForItsRetryAndNoLongerThanThatCanBe() {
        let state = ScheduleState(nextTick: 200, isBegun: true, retryAt: 240)
        #expect(step(.all, state, at: 210) == .wait(until: 240))
        #expect(step(.all, state, at: 240) == .run(200))
        // The clock was set back after it had been noted.
        #expect(step(.all, ScheduleState(nextTick: 200, isBegun: true, retryAt: 5000), at: 210) == .run(200))
        #expect(step(.all, ScheduleState(nextTick: .min, isBegun: true, retryAt: .max), at: .min) == .run(.min))
    }

    @Test func whatAnOperatorAsksForComesBehindWhatIsDueAndAlsoInAPause() {
        #expect(step(.all, ScheduleState(nextTick: 200, requestedAt: 150), at: 160) == .runRequested(150))
        #expect(step(.all, ScheduleState(nextTick: 200, requestedAt: 150), at: 230) == .run(200))
        #expect(
            step(.all, ScheduleState(nextTick: 200, isPaused: true, requestedAt: 150), at: 230) == .runRequested(150)
        )
        #expect(step(.all, ScheduleState(nextTick: 200, isPaused: true), at: 230) == .wait(until: nil))
    }

    @Test func aClockThatGoesBackRunsNothingTwice() {
        var state = ScheduleState(nextTick: 500)
        state.finish(500, of: Hundreds())
        #expect(step(.all, state, at: 100) == .wait(until: 600))
        #expect(step(.latest, state, at: 599) == .wait(until: 600))
    }

    // MARK: The simulation

    @Test func eachTickTakesEffectOnceWhateverDies() {
        for seed in 1...UInt64(150) {
            var simulation = ScheduleSimulation(seed: seed)
            let violation = simulation.run()
            #expect(violation == nil)
            if violation != nil { return }
        }
    }

    @Test(arguments: ScheduleSabotage.allCases) func eachMechanismIsNeeded(_ sabotage: ScheduleSabotage) {
        let caught = (1...UInt64(400)).contains { seed in
            var simulation = ScheduleSimulation(seed: seed, sabotage: sabotage)
            return simulation.run() != nil
        }
        #expect(caught, "\(sabotage) is not caught")
    }
}
