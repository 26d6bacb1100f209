import PerchProtocol
import Testing

/// What fails stops nothing else, and goes on by itself: decided by the machine alone.
struct FailureLivenessTests {
    private let base = WorkerProtocolTests()
    private var partition: Partition { base.partition }
    private var other: Partition { base.other }

    /// Answers each action: a small world in which handlers do as the test says.
    private struct World {
        var log: [Partition: [(position: Position, key: String)]]
        var checkpoints: [Partition: Position] = [:]
        var parked: [Partition: [ParkedEvent]] = [:]
        /// What the handler says of an event; nil: it succeeds.
        var failure: (Partition, Position, Duration) -> EventFailure? = { _, _, _ in nil }
        var refusal: (Partition, Position) -> WorkerInput.Refusal? = { _, _ in nil }
        var takeovers: [Takeover] = []
        var now = Duration.zero
        var counts = 0
        private var fetched: [ParkedEvent] = []
        private var parkings: [WorkerAction.Parking] = []
        private var settlement: WorkerAction.Settlement?
        private var fences: [Fence] = []

        init(_ log: [Partition: [String]]) {
            self.log = log.mapValues { keys in keys.enumerated().map { (Position($0 + 1), $1) } }
        }

        static func id(_ position: Position) -> EntryID {
            position == 0 ? .zero : EntryID(milliseconds: 100, position: position)
        }

        mutating func answer(_ action: WorkerAction) -> WorkerInput {
            now += .microseconds(200)
            switch action {
            case .leases(.acquire(_, let keeping)):
                let holdings = log.keys.sorted().filter { !keeping.contains($0) }.map {
                    Holding(partition: $0, epoch: Epoch(rawValue: 1), checkpoint: Self.id(checkpoints[$0, default: 0]))
                }
                defer { takeovers = [] }
                return .acquired(holdings, takeovers: takeovers)
            case .failures(.survey(let holdings)):
                return .surveyed(
                    holdings.map { holding in
                        let rows = parked[holding.partition, default: []]
                        let heads = Dictionary(grouping: rows, by: \.key).compactMap { $0.value.first }
                        return FailureSurvey(
                            partition: holding.partition,
                            revision: 0,
                            heads: heads.map { .init(key: $0.key, due: $0.state == .dead ? nil : $0.delay) }
                        )
                    }
                )
            case .failures(.count(let attempts)):
                counts += 1
                return .counted(attempts.map { _ in 1 })
            case .failures(.countRetry):
                counts += 1
                return .counted([1])
            case .streams(.read(let partitions, let count, let block)):
                let batches = partitions.compactMap { partition -> WorkerInput.DeliveredIDs? in
                    let events = log[partition, default: []].filter { $0.position > checkpoints[partition, default: 0] }
                        .prefix(count)
                    guard !events.isEmpty else { return nil }
                    return .init(
                        partition: partition,
                        ids: events.map { Self.id($0.position) },
                        keys: events.map(\.key)
                    )
                }
                if batches.isEmpty { now += block }
                return .delivered(batches)
            case .streams(.peek(let holdings)): return .peeked(holdings.map { _ in .nothing })
            case .transaction(.begin):
                (parkings, settlement, fences) = ([], nil, [])
                return .done
            case .transaction(.handle(let slices)):
                for slice in slices {
                    for position in slice.positions where !slice.held.contains(position) {
                        if let refusal = refusal(slice.partition, position) { return .refused(refusal) }
                        if failure(slice.partition, position, now) != nil { return .refused(.handler(reason: "x")) }
                    }
                }
                return .done
            case .transaction(.attempt(let partition, let position)), .transaction(.retry(let partition, let position)):
                if let refusal = refusal(partition, position) { return .refused(refusal) }
                return failure(partition, position, now).map { .eventFailed($0) } ?? .done
            case .transaction(.retryAll(let partition)):
                let fails = fetched.contains { failure(partition, $0.position, now) != nil }
                return fails ? .refused(.handler(reason: "x")) : .done
            case .transaction(.fetch(let partition, let keys, let limit)):
                let rows = parked[partition, default: []].filter { keys.contains($0.key) }
                    .sorted { $0.position < $1.position }.prefix(limit)
                fetched = Array(rows)
                return .fetched(fetched, hasMore: rows.count == limit)
            case .transaction(.park(let all)):
                parkings = all
                return .done
            case .transaction(.settle(let all)):
                settlement = all
                return .done
            case .transaction(.fence(let fence)):
                fences.append(fence)
                return .done
            case .transaction(.commit):
                for parking in parkings { parked[parking.partition, default: []] += parking.events }
                for fence in fences { checkpoints[fence.partition] = fence.to.position }
                if let settlement {
                    parked[settlement.partition]?.removeAll { row in
                        settlement.resolved.contains(row.position)
                            || settlement.changed.contains { $0.position == row.position }
                    }
                    parked[settlement.partition, default: []] += settlement.changed
                }
                return .committed
            case .wait(let time):
                now += time
                return .done
            default: return .done
            }
        }
    }

    private func machine(_ change: (inout WorkerProtocol.Settings) -> Void = { _ in }) -> WorkerProtocol {
        var settings = WorkerProtocol.Settings()
        change(&settings)
        var machine = WorkerProtocol(settings: settings, seed: 7)
        machine.observe(LeaseView(share: 2, claimable: 1, connection: 1))
        return machine
    }

    /// Runs until this is so; false: not within that time of the machine.
    private func run(
        _ machine: inout WorkerProtocol,
        _ world: inout World,
        within time: Duration = .seconds(120),
        until isSo: (World, WorkerAction) -> Bool
    ) -> Bool {
        let end = world.now + time
        var input = WorkerInput.done
        while world.now < end {
            let action = machine.next(input, at: world.now)
            if isSo(world, action) { return true }
            input = world.answer(action)
        }
        return false
    }

    @Test func whatIsRejectedIsAboutTheEventAndPullsNoBrake() {
        var machine = machine()
        var world = World([partition: (1...50).map { "\($0)" }])
        world.failure = { _, position, _ in position <= 46 ? EventFailure(.rejected, "no JSON") : nil }
        #expect(run(&machine, &world) { world, _ in world.checkpoints[partition] == 50 })
        #expect(world.parked[partition]?.filter { $0.state == .dead }.count == 46)
    }

    @Test func aPartitionThatFailsAsAWholeStopsNoOther() {
        var machine = machine()
        var world = World([partition: (1...60).map { "\($0)" }, other: (1...60).map { "\($0)" }])
        world.failure = { [partition] place, _, _ in place == partition ? EventFailure(.failed, "x") : nil }
        #expect(run(&machine, &world) { world, _ in world.checkpoints[other] == 60 })
        #expect(world.parked[partition, default: []].isEmpty && world.checkpoints[partition] == nil)
    }

    @Test func afterAnOutageOnAQuietTopicWhatWasParkedIsRetriedThoughNothingNewComes() {
        var machine = machine()
        var world = World([partition: (1...5).map { "\($0)" }])
        world.failure = { _, _, now in now < .seconds(90) ? EventFailure(.failed, "away") : nil }
        let isDone = run(&machine, &world, within: .seconds(3600)) { world, _ in
            world.checkpoints[partition] == 5 && world.parked[partition, default: []].isEmpty
        }
        #expect(isDone)
    }

    @Test func whatEndsProcessesIsRetriedFirstHoweverManyWaitBesideIt() {
        var machine = machine()
        var world = World([partition: []])
        world.takeovers = [Takeover(partition: partition, attempted: nil)]
        // Those that wait were looked at and put off; the one that ended the process was not, and is due the longest.
        world.parked[partition] =
            (1...60).map {
                ParkedEvent(position: $0, key: "a\($0)", state: .failed, waits: 1, delay: .milliseconds(-50))
            } + [ParkedEvent(position: 99, key: "z", state: .failed, attempts: 1, delay: .seconds(-5))]
        world.failure = { _, _, _ in EventFailure(.waits(nil), "later") }
        #expect(
            run(&machine, &world) { _, action in if case .failures(.countRetry(_, "z")) = action { true } else { false }
            }
        )
        #expect(world.counts == 0, "it is the first")
    }

    @Test func retriesThatAreAlwaysDueAndTakeLongKeepNobodyFromReading() {
        var machine = machine()
        var world = World([partition: ["x", "y"], other: []])
        world.parked[other] = (1...400).map {
            ParkedEvent(position: $0, key: "a\($0)", state: .failed, attempts: 1, delay: .milliseconds(-50))
        }
        var retries = 0
        var input = WorkerInput.done
        while world.checkpoints[partition] != 2, retries < 200 {
            let action = machine.next(input, at: world.now)
            // Longer than the time after which each partition is looked at.
            if case .transaction(.retry) = action {
                retries += 1
                world.now += .seconds(2)
            }
            input = world.answer(action)
        }
        #expect(world.checkpoints[partition] == 2, "after \(retries) retries")
    }

    @Test func aRetryThatMeetsAConflictIsCountedOnce() {
        var machine = machine()
        var world = World([partition: []])
        world.takeovers = [Takeover(partition: partition, attempted: nil)]
        world.parked[partition] = [ParkedEvent(position: 1, key: "a", state: .failed, attempts: 1)]
        var conflicts = 3
        world.refusal = { _, _ in
            conflicts -= 1
            return conflicts >= 0 ? .conflict : nil
        }
        #expect(run(&machine, &world) { world, _ in world.parked[partition, default: []].isEmpty })
        #expect(world.counts == 1)
    }

    @Test func aKeyThatWasHeldForLongCatchesUpWhileMoreOfItComes() {
        var machine = machine { $0.batchSize = 60 }
        var world = World([partition: (1...3000).map { _ in "hot" }])
        // Well again after half a second; by then thousands are held.
        world.failure = { _, position, now in position == 1 && now < .milliseconds(500) ? .init(.failed, "x") : nil }
        let isDone = run(&machine, &world, within: .seconds(60)) { world, _ in
            world.checkpoints[partition] == 3000 && world.parked[partition, default: []].isEmpty
        }
        #expect(isDone, "held: \(world.parked[partition]?.count ?? 0)")
    }

    @Test func anEventThatMeetsAConflictForEverIsItsHandlersErrorAndOthersGoOn() {
        var machine = machine()
        var world = World([partition: ["a", "b", "c"], other: ["d"]])
        world.refusal = { [partition] place, position in place == partition && position == 2 ? .conflict : nil }
        let isDone = run(&machine, &world) { world, _ in
            world.checkpoints[partition] == 3 && world.checkpoints[other] == 1
        }
        #expect(isDone)
        #expect(world.parked[partition]?.map(\.position) == [2])
    }

    @Test func aWorkerThatOnlyMeetsConflictsEndsWhenItIsAskedTo() {
        var machine = machine()
        var world = World([partition: ["a", "b"]])
        world.refusal = { _, _ in .conflict }
        #expect(run(&machine, &world, within: .seconds(1)) { _, action in action == .transaction(.rollback) })
        machine.quiet()
        var input = world.answer(.transaction(.rollback))
        var released = false
        for _ in 0..<20 where !released {
            let action = machine.next(input, at: world.now)
            if case .leases(.release) = action { released = true }
            input = world.answer(action)
        }
        #expect(released)
    }

    @Test func theTurnIsGivenBackAfterEachEventAlsoWhereThereIsNothingElseToDo() {
        var machine = machine()
        var world = World([partition: (1...20).map { "\($0)" }])
        world.takeovers = [Takeover(partition: partition, attempted: 20)]
        var given = 0
        var wanted = false
        var input = WorkerInput.done
        for _ in 0..<1000 where world.checkpoints[partition] != 20 {
            let action = machine.next(input, at: world.now)
            if wanted, !machine.wantsCautionTurn { given += 1 }
            wanted = machine.wantsCautionTurn
            input = world.answer(action)
        }
        #expect(world.checkpoints[partition] == 20 && given >= 19)
    }
}
