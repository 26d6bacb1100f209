import PerchProtocol
import Testing

@testable import Perch

/// What the seam `Tables` promises, of real and of simulated servers alike.
@Suite struct TablesSeamTests {
    private static let worker = WorkerID(rawValue: "w1/1")
    private static let other = WorkerID(rawValue: "w2/1")
    private static let lease = Duration.seconds(3)

    // MARK: Leases

    @Test(arguments: SeamSide.allCases)
    func aLeaseHasOneOwnerAndANewEpochForTheNext(_ side: SeamSide) async throws {
        try await side.run { try check($0) }
        func check(_ servers: some SeamServers) throws {
            let (mine, theirs) = (try joined(servers, Self.worker), try joined(servers, Self.other))
            let taken = try mine.acquire(worker: Self.worker, limit: 2, keeping: [], lease: Self.lease)
            #expect(Set(taken.taken.map(\.partition)) == [first, second])
            #expect(taken.taken.allSatisfy { $0.epoch == Epoch(rawValue: 1) && $0.checkpoint == .zero })
            #expect(taken.takeovers.isEmpty)
            #expect(try theirs.acquire(worker: Self.other, limit: 2, keeping: [], lease: Self.lease).taken.isEmpty)
            try mine.release(taken.taken, worker: Self.worker)
            let next = try theirs.acquire(worker: Self.other, limit: 2, keeping: [], lease: Self.lease)
            #expect(next.taken.map(\.epoch) == [Epoch(rawValue: 2), Epoch(rawValue: 2)])
            #expect(next.takeovers.isEmpty, "they were given back")
        }
    }

    @Test(arguments: SeamSide.allCases)
    func ofEachTopicNoMoreIsTakenThanIsAskedFor(_ side: SeamSide) async throws {
        try await side.run { try check($0) }
        func check(_ servers: some SeamServers) throws {
            let tables = try joined(servers, Self.worker)
            func acquire(_ limit: LeaseShare, _ keeping: [Partition] = []) throws -> [Partition] {
                try tables.acquire(worker: Self.worker, limit: limit, keeping: keeping, lease: Self.lease).taken.map(
                    \.partition
                )
            }
            #expect(try acquire(.byTopic([:])).isEmpty)
            let one = try acquire(.byTopic(["t": 1]))
            #expect(one.count == 1)
            #expect(try acquire(.byTopic([:])) == one, "its own, whatever the limit")
            #expect(try acquire(.byTopic(["t": 5]), one).count == 1)
        }
    }

    @Test(arguments: SeamSide.allCases)
    func aWorkerThatWasNeverRegisteredAcquiresNothing(_ side: SeamSide) async throws {
        try await side.run { try check($0) }
        func check(_ servers: some SeamServers) throws {
            try servers.admit(Self.worker)
            let tables = try servers.tables(Self.worker)
            #expect(try tables.acquire(worker: Self.worker, limit: 2, keeping: [], lease: Self.lease).taken.isEmpty)
        }
    }

    @Test(arguments: SeamSide.allCases)
    func theHeartbeatSeesWhoLivesAndWhatTheyOwnAndGivesUpWhatTheyDoNotKnow(_ side: SeamSide) async throws {
        try await side.run { try check($0) }
        func check(_ servers: some SeamServers) throws {
            let tables = try joined(servers, Self.worker)
            let taken = try tables.acquire(worker: Self.worker, limit: 1, keeping: [], lease: Self.lease).taken
            let heartbeat = try servers.heartbeat()
            let beat = try heartbeat.beat([Self.worker], lease: Self.lease)
            let sight = try heartbeat.look([Self.worker], lease: Self.lease)
            #expect(sight.mark == beat.mark && sight.isSettled && beat.isSettled)
            #expect(sight.live == [Self.worker])
            #expect(sight.owned.map(\.partition) == taken.map(\.partition))
            #expect(sight.view.epochs[taken[0].partition] == Epoch(rawValue: 1))
            #expect(sight.view.claimable.total == 1 && sight.view.shared == ["t": 2])
            try heartbeat.giveUp(sight.owned)
            #expect(try heartbeat.look([Self.worker], lease: Self.lease).view.claimable.total == 2)
            try heartbeat.leave([Self.worker])
            #expect(try heartbeat.look([Self.worker], lease: Self.lease).live.isEmpty)
        }
    }

    @Test(arguments: SeamSide.allCases)
    func theMarkOfABeatIsAnotherOneWhenALeaseOrWhoLivesHasChangedAndElseTheSame(_ side: SeamSide) async throws {
        try await side.run { try check($0) }
        func check(_ servers: some SeamServers) throws {
            let tables = try joined(servers, Self.worker)
            let heartbeat = try servers.heartbeat()
            var marks: [LeaseMark] = []
            func beat(_ standing: [WorkerID] = []) throws {
                let mark = try heartbeat.beat(standing, lease: .seconds(600)).mark
                #expect(try heartbeat.beat(standing, lease: .seconds(600)).mark == mark, "nothing has changed")
                #expect(try heartbeat.look([Self.worker], lease: .seconds(600)).mark == mark)
                marks.append(mark)
            }
            try beat()
            let taken = try tables.acquire(worker: Self.worker, limit: 1, keeping: [], lease: Self.lease).taken
            try beat()
            try tables.release(taken, worker: Self.worker)
            try beat()
            let other = try joined(servers, Self.other)
            try beat([Self.other])
            _ = try other.acquire(worker: Self.other, limit: 2, keeping: [], lease: Self.lease)
            try beat()
            try heartbeat.giveUp(heartbeat.look([Self.other], lease: Self.lease).owned)
            try beat()
            try heartbeat.leave([Self.other])
            try beat()
            #expect(Set(marks).count == marks.count)
        }
    }

    @Test(arguments: SeamSide.allCases)
    func aRelayThatIsActiveStaysSoAsLongAsItsConnectionStands(_ side: SeamSide) async throws {
        try await side.run { try check($0) }
        func check(_ servers: some SeamServers) throws {
            let outbox = try servers.outbox()
            #expect(try outbox.lead())
            #expect(try outbox.lead())
        }
    }

    // MARK: The round

    @Test(arguments: SeamSide.allCases)
    func theFenceMovesTheCheckpointOnceAndForItsEpochAlone(_ side: SeamSide) async throws {
        try await side.run { try check($0) }
        func check(_ servers: some SeamServers) throws {
            let tables = try joined(servers, Self.worker)
            let epoch = try acquireFirst(tables).epoch
            let to = EntryID(milliseconds: 5, position: 2)
            try tables.begin()
            try tables.fence(Fence(partition: first, epoch: epoch, from: 0, to: to))
            try tables.commit()
            for fence in [
                Fence(partition: first, epoch: epoch, from: 0, to: to),
                Fence(partition: first, epoch: Epoch(rawValue: epoch.rawValue - 1), from: 2, to: to),
            ] {
                try tables.begin()
                try tables.fence(fence)
                #expect(refusal { try tables.commit() }?.isFenced == true)
                tables.rollback()
            }
            try tables.release([Holding(partition: first, epoch: epoch, checkpoint: to)], worker: Self.worker)
            #expect(try acquireFirst(tables).checkpoint == to)
        }
    }

    @Test(arguments: SeamSide.allCases)
    func whatIsSubmittedIsAnsweredInOrder(_ side: SeamSide) async throws {
        try await side.run { try check($0) }
        func check(_ servers: some SeamServers) throws {
            let tables = try joined(servers, Self.worker)
            let epoch = try acquireFirst(tables).epoch
            try tables.begin()
            try tables.fence(Fence(partition: first, epoch: epoch, from: 0, to: EntryID(milliseconds: 5, position: 1)))
            try tables.submit()
            try tables.begin()
            try tables.fence(Fence(partition: first, epoch: epoch, from: 7, to: EntryID(milliseconds: 5, position: 8)))
            try tables.submit()
            try tables.outcome()
            #expect(refusal { try tables.outcome() }?.isFenced == true)
        }
    }

    @Test(arguments: SeamSide.allCases)
    func whatMovesNoCheckpointCommitsForItsEpochAlone(_ side: SeamSide) async throws {
        try await side.run { try check($0) }
        func check(_ servers: some SeamServers) throws {
            let tables = try joined(servers, Self.worker)
            var holding = try acquireFirst(tables)
            try tables.begin()
            try tables.confirm(holding)
            try tables.commit()
            holding = Holding(partition: first, epoch: Epoch(rawValue: 99), checkpoint: .zero)
            try tables.begin()
            try tables.confirm(holding)
            #expect(refusal { try tables.commit() }?.isFenced == true)
        }
    }

    @Test(arguments: SeamSide.allCases)
    func whatIsRolledBackHasNotHappened(_ side: SeamSide) async throws {
        try await side.run { try check($0) }
        func check(_ servers: some SeamServers) throws {
            let tables = try joined(servers, Self.worker)
            let holding = try acquireFirst(tables)
            try tables.begin()
            try tables.fence(
                Fence(partition: first, epoch: holding.epoch, from: 0, to: EntryID(milliseconds: 5, position: 1))
            )
            tables.rollback()
            try tables.release([holding], worker: Self.worker)
            #expect(try acquireFirst(tables).checkpoint == .zero)
        }
    }

    // MARK: Failed events

    @Test(arguments: SeamSide.allCases)
    func aParkedEventHoldsItsKeyUntilItIsSettled(_ side: SeamSide) async throws {
        try await side.run { try check($0) }
        func check(_ servers: some SeamServers) throws {
            let tables = try joined(servers, Self.worker)
            try servers.publish(0, 0)
            try servers.relay()
            let streams = try servers.groupStreams()
            try streams.rewind(first, to: .zero)
            let events = try streams.read([first], count: 10, block: .zero).slice(
                .init(partition: first, positions: 1...2)
            ).deliveries
            let key = events[0].subject
            try tables.begin()
            try tables.park([
                (events[0], ParkedEvent(position: 1, key: key, state: .failed, attempts: 1, reason: "why")),
                (events[1], ParkedEvent(position: 2, key: key, state: .held)),
            ])
            try tables.commit()
            let survey = try tables.survey([first, second], lettingGo: [])
            #expect(Set(survey.map(\.partition)) == [first, second])
            #expect(survey.first { $0.partition == first }?.heads.map(\.key) == [key])
            #expect(survey.first { $0.partition == second }?.heads.isEmpty == true)

            try tables.begin()
            let fetched = try tables.fetch(first, keys: [key], limit: 10).events
            #expect(fetched.map(\.as.position) == [1, 2])
            #expect(fetched.map(\.as.state) == [.failed, .held])
            #expect(fetched.map(\.event.id) == events.map(\.id))
            try tables.settle(.init(partition: first, resolved: [1, 2], changed: []))
            try tables.commit()
            #expect(try tables.survey([first], lettingGo: []).first?.heads.isEmpty == true)
        }
    }

    @Test(arguments: SeamSide.allCases)
    func attemptsAtOneEventAreCountedAndThoseOfAnotherEpochAreNot(_ side: SeamSide) async throws {
        try await side.run { try check($0) }
        func check(_ servers: some SeamServers) throws {
            let tables = try joined(servers, Self.worker)
            let holding = try acquireFirst(tables)
            #expect(try tables.count([Attempt(holding, through: 3)]) == [1])
            #expect(try tables.count([Attempt(holding, through: 1)]) == [1], "another length than before")
            #expect(try tables.count([Attempt(holding, through: 1)]) == [2])
            let former = Holding(partition: first, epoch: Epoch(rawValue: 99), checkpoint: .zero)
            #expect(try tables.count([Attempt(former, through: 1)]) == [nil])
        }
    }

    // MARK: The owner's

    @Test(arguments: SeamSide.allCases)
    func positionsCountUpFromOneInEachPartition(_ side: SeamSide) async throws {
        try await side.run { try check($0) }
        func check(_ servers: some SeamServers) throws {
            try servers.publish(0, 1, 2)
            let outbox = try servers.outbox()
            try outbox.assign(most: 10, except: [second])
            #expect(try outbox.collect().map { $0.entries.map(\.id.position) } == [[1, 2]])
            try outbox.assign(most: 10, except: [])
            #expect(try outbox.collect().map(\.partition) == [second])
            try outbox.assign(most: 10, except: [])
            #expect(try outbox.collect().isEmpty)
            let log = try outbox.load(first, after: 1, most: 10)
            #expect(log.map(\.id.position) == [2])
        }
    }

    @Test(arguments: SeamSide.allCases)
    func aRowThatNobodyHasLookedAtWaitsUntilSomebodyHas(_ side: SeamSide) async throws {
        try await side.run { try check($0) }
        func check(_ servers: some SeamServers) throws {
            try servers.publish(key: 0, isChecked: false)
            let outbox = try servers.outbox()
            try outbox.assign(most: 10, except: [])
            #expect(try outbox.collect().isEmpty)
            let topic = TopicContract(name: "t", owner: "owner", key: "key", partitions: 2, events: [])
            let checked = try outbox.settleUnchecked(by: OutboxDoor(topics: [topic]))
            #expect(checked.hasMore && checked.refused.isEmpty)
            try outbox.assign(most: 10, except: [])
            #expect(try outbox.collect().map { $0.entries.map(\.id.position) } == [[1]])
        }
    }

    @Test(arguments: SeamSide.allCases)
    func whatIsNotDueIsNeitherToldNorMoved(_ side: SeamSide) async throws {
        try await side.run { try check($0) }
        func check(_ servers: some SeamServers) throws {
            try servers.delay(keys: [0, 1], by: 3_600_000)
            let outbox = try servers.outbox()
            try outbox.assign(most: 10, due: 10, except: [])
            #expect(try outbox.collect().isEmpty)
            #expect(!outbox.hasDue)
        }
    }

    @Test(arguments: SeamSide.allCases)
    func whatIsDueIsToldAndThenMovedAndGivenPositionsInTheOrderInWhichItIsDue(_ side: SeamSide) async throws {
        try await side.run { try check($0) }
        func check(_ servers: some SeamServers) throws {
            try servers.delay(keys: [0, 2, 0], by: 300)
            try servers.pass(400)
            let outbox = try servers.outbox()
            try outbox.assign(most: 10, due: 0, except: [])
            #expect(try outbox.collect().isEmpty)
            #expect(outbox.hasDue)
            try outbox.assign(most: 10, due: 2, except: [])
            let moved = try outbox.collect()
            #expect(moved.map(\.partition) == [first] && moved.map { $0.entries.map(\.id.position) } == [[1, 2]])
            #expect(outbox.hasDue, "one is left")
            try outbox.assign(most: 10, due: 2, except: [first])
            #expect(try outbox.collect().isEmpty, "it is in the outbox")
            #expect(!outbox.hasDue)
            try outbox.assign(most: 10, due: 0, except: [])
            #expect(try outbox.collect().map { $0.entries.map(\.id.position) } == [[3]])
            let streams = try servers.ownerStreams()
            let log = try outbox.load(first, after: 0, most: 10)
            _ = try streams.append(log, to: first, after: streams.inspect(first).last, inspecting: nil)
            let groups = try servers.groupStreams()
            try groups.rewind(first, to: .zero)
            let read = try groups.read([first], count: 10, block: .zero)
            let keys = read.slice(.init(partition: first, positions: 1...3)).deliveries.map(\.subject)
            #expect(keys[0] == keys[2] && keys[1] != keys[0])
        }
    }

    @Test(arguments: SeamSide.allCases)
    func theLogTellsWhetherItHasTheStreamsEnds(_ side: SeamSide) async throws {
        try await side.run { try check($0) }
        func check(_ servers: some SeamServers) throws {
            try servers.publish(0, 0)
            let ids = try servers.relay()[first] ?? []
            let outbox = try servers.outbox()
            let sound = try outbox.consult(first, servers.ownerStreams().inspect(first))
            #expect(sound.last == ids[1] && sound.hasLast && sound.hasFirst && sound.oldest == 1 && sound.trimmed == 0)
            let foreign = EntryID(milliseconds: ids[1].milliseconds + 5, position: 9)
            let other = try outbox.consult(first, StreamState(last: foreign, length: 1, first: foreign))
            #expect(!other.hasLast && !other.hasFirst && other.predecessor == ids[1])
        }
    }

    @Test(arguments: SeamSide.allCases)
    func whatIsPromisedAsTrimmedIsKeptInMind(_ side: SeamSide) async throws {
        try await side.run { try check($0) }
        func check(_ servers: some SeamServers) throws {
            try servers.publish(0, 0, 0)
            let ids = try servers.relay()[first] ?? []
            let outbox = try servers.outbox()
            #expect(try outbox.promiseTrimmed(first, through: 2) == ids[1])
            #expect(try outbox.promiseTrimmed(first, through: 9) == nil)
            #expect(try outbox.consult(first, servers.ownerStreams().inspect(first)).trimmed == 2)
            #expect(try outbox.milliseconds() >= ids[2].milliseconds)
        }
    }

    // MARK: Helpers

    private func joined<S: SeamServers>(_ servers: S, _ worker: WorkerID) throws -> S.Tables {
        try servers.admit(worker)
        let tables = try servers.tables(worker)
        try tables.register(worker, lease: .seconds(600))
        return tables
    }

    private func acquireFirst(_ tables: some GroupTables) throws -> Holding {
        let taken = try tables.acquire(worker: Self.worker, limit: 2, keeping: [second], lease: Self.lease).taken
        guard let holding = taken.first(where: { $0.partition == first }) else {
            throw NeverHappened(what: "the lease of \(first)")
        }
        return holding
    }

    private func refusal(_ body: () throws -> Void) -> WorkerInput.Refusal? {
        do {
            try body()
            return nil
        } catch {
            return (error as? RefusedRound)?.refusal
        }
    }
}

extension WorkerInput.Refusal {
    var isFenced: Bool { if case .fenced = self { true } else { false } }
}
