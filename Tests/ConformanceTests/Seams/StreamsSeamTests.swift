import PerchProtocol
import Testing

@testable import Perch

/// What the seam `Streams` promises, of real and of simulated servers alike.
@Suite struct StreamsSeamTests {
    @Test(arguments: SeamSide.allCases)
    func whatIsAppendedIsTheStreamsTailAndIsReadOnce(_ side: SeamSide) async throws {
        try await side.run { try check($0) }
        func check(_ servers: some SeamServers) throws {
            try servers.publish(0, 2, 1)
            let ids = try servers.relay()
            #expect(ids[first]?.map(\.position) == [1, 2])
            #expect(ids[second]?.map(\.position) == [1])
            let streams = try servers.groupStreams()
            try streams.rewind(first, to: .zero)
            try streams.rewind(second, to: .zero)
            let read = try streams.read([first, second], count: 10, block: .zero)
            #expect(Set(read.batches.map(\.ids)) == Set(ids.values))
            #expect(read.unread.isEmpty)
            #expect(try streams.read([first, second], count: 10, block: .zero).batches.isEmpty)
            #expect(try servers.ownerStreams().inspect(first).last == ids[first]?.last)
        }
    }

    @Test(arguments: SeamSide.allCases)
    func aStreamThatIsNotThereIsEmptyAndNoGroupOfItsHasAcknowledgedAnything(_ side: SeamSide) async throws {
        try await side.run { try check($0) }
        func check(_ servers: some SeamServers) throws {
            #expect(try servers.ownerStreams().inspect(first) == StreamState())
        }
    }

    @Test(arguments: SeamSide.allCases)
    func nothingIsAppendedToAStreamThatHasChangedSinceItWasInspected(_ side: SeamSide) async throws {
        try await side.run { try check($0) }
        func check(_ servers: some SeamServers) throws {
            try servers.publish(0)
            try servers.relay()
            try servers.publish(0)
            let (outbox, streams) = (try servers.outbox(), try servers.ownerStreams())
            try outbox.assign(most: 10, except: [])
            let entries = try outbox.collect()[0].entries
            let state = try streams.inspect(first)
            let next = EntryID(milliseconds: state.last.milliseconds, position: 2)
            try servers.addForeign(first, next)
            #expect(try streams.append(entries, to: first, after: state.last, inspecting: nil).0 == .raced)
            #expect(try streams.inspect(first).length == 2)
        }
    }

    @Test(arguments: SeamSide.allCases)
    func theNextPartitionIsInspectedInTheSameStep(_ side: SeamSide) async throws {
        try await side.run { try check($0) }
        func check(_ servers: some SeamServers) throws {
            try servers.publish(1)
            let there = try servers.relay()
            try servers.publish(0)
            let (outbox, streams) = (try servers.outbox(), try servers.ownerStreams())
            try outbox.assign(most: 10, except: [])
            let entries = try outbox.collect()[0].entries
            _ = try streams.inspect(first)
            let (outcome, next) = try streams.append(entries, to: first, after: .zero, inspecting: second)
            #expect(outcome == .appended)
            #expect(next?.last == there[second]?.last)
        }
    }

    @Test(arguments: SeamSide.allCases)
    func whereTheGroupIsMissingTheReadSaysSo(_ side: SeamSide) async throws {
        try await side.run { try check($0) }
        func check<S: SeamServers>(_ servers: S) throws {
            try servers.publish(0)
            try servers.relay()
            let streams = try servers.groupStreams()
            do {
                // In a cluster each partition is answered for by itself.
                #expect(try streams.read([first], count: 10, block: .zero).unread == [first: .groupMissing])
            } catch {
                #expect(S.Groups.failure(of: error)?.kind == .groupMissing)
            }
        }
    }

    @Test(arguments: SeamSide.allCases)
    func aRewindDeliversAgainWhatFollowsTheCheckpoint(_ side: SeamSide) async throws {
        try await side.run { try check($0) }
        func check(_ servers: some SeamServers) throws {
            try servers.publish(0, 0, 0)
            let ids = try servers.relay()[first] ?? []
            let streams = try servers.groupStreams()
            try streams.rewind(first, to: .zero)
            #expect(try streams.read([first], count: 10, block: .zero).batches.map(\.ids) == [ids])
            try streams.rewind(first, to: ids[0])
            #expect(try streams.read([first], count: 10, block: .zero).batches.map(\.ids) == [Array(ids.dropFirst())])
        }
    }

    @Test(arguments: SeamSide.allCases)
    func whatIsAcknowledgedShowsInTheStreamsState(_ side: SeamSide) async throws {
        try await side.run { try check($0) }
        func check(_ servers: some SeamServers) throws {
            try servers.publish(0, 0)
            let ids = try servers.relay()[first] ?? []
            let streams = try servers.groupStreams()
            try streams.rewind(first, to: .zero)
            _ = try streams.read([first], count: 10, block: .zero)
            #expect(try servers.ownerStreams().inspect(first).acknowledgedBefore == ids[0])
            try streams.acknowledge([.init(partition: first, ids: [ids[0]])])
            try streams.finish()
            #expect(try servers.ownerStreams().inspect(first).acknowledgedBefore == ids[1])
        }
    }

    @Test(arguments: SeamSide.allCases)
    func aSweepAcknowledgesWhatIsPendingUpToTheCheckpointWhoeverHasReadIt(_ side: SeamSide) async throws {
        try await side.run { try check($0) }
        func check(_ servers: some SeamServers) throws {
            try servers.publish(0, 0, 0)
            let ids = try servers.relay()[first] ?? []
            let (frozen, owner) = (try servers.groupStreams(), try servers.groupStreams())
            try owner.rewind(first, to: ids[1])
            // It wakes, and goes by a checkpoint of long ago.
            try frozen.rewind(first, to: .zero)
            _ = try frozen.read([first], count: 10, block: .zero)
            #expect(try servers.ownerStreams().inspect(first).acknowledgedBefore == ids[0])
            try owner.sweep([
                Holding(partition: first, epoch: Epoch(rawValue: 1), checkpoint: ids[1]),
                Holding(partition: second, epoch: Epoch(rawValue: 1), checkpoint: .zero),
            ])
            #expect(try servers.ownerStreams().inspect(first).acknowledgedBefore == ids[2])
        }
    }

    @Test(arguments: SeamSide.allCases)
    func aPeekTellsWhatLiesPastEachCheckpoint(_ side: SeamSide) async throws {
        try await side.run { try check($0) }
        func check(_ servers: some SeamServers) throws {
            try servers.publish(0, 0)
            let ids = try servers.relay()[first] ?? []
            let streams = try servers.groupStreams()
            func holding(_ partition: Partition, _ checkpoint: EntryID) -> Holding {
                Holding(partition: partition, epoch: Epoch(rawValue: 1), checkpoint: checkpoint)
            }
            let beyond = EntryID(milliseconds: ids[1].milliseconds + 1, position: 3)
            let found = try streams.peek([
                holding(first, ids[0]), holding(first, ids[1]), holding(second, .zero), holding(first, beyond),
            ])
            #expect(found == [.entry(ids[1], isOurs: true), .nothing, .nothing, .streamEndsBefore(ids[1])])
        }
    }

    @Test(arguments: SeamSide.allCases)
    func aForeignEntryCutsTheBatchAndIsNotOurs(_ side: SeamSide) async throws {
        try await side.run { try check($0) }
        func check(_ servers: some SeamServers) throws {
            try servers.publish(0)
            let id = try servers.relay()[first]?.first ?? .zero
            let foreign = EntryID(milliseconds: id.milliseconds, position: 2)
            try servers.addForeign(first, foreign)
            let streams = try servers.groupStreams()
            try streams.rewind(first, to: .zero)
            let batch = try streams.read([first], count: 10, block: .zero).batches.first
            #expect(batch?.ids == [id])
            #expect(batch?.isCutByForeignEntry == true)
            let peeked = try streams.peek([Holding(partition: first, epoch: Epoch(rawValue: 1), checkpoint: id)])
            #expect(peeked == [.entry(foreign, isOurs: false)])
            let owner = try servers.ownerStreams()
            #expect(try owner.inspect(first).endsForeign)
            let tail = try owner.readTail(first, after: id, most: 10)
            #expect(tail.map(\.id) == [foreign])
            #expect(StreamEntry.areOurs(tail) == [false])
        }
    }

    @Test(arguments: SeamSide.allCases)
    func aRebuiltStreamHasTheseEntriesAndNoGroup(_ side: SeamSide) async throws {
        try await side.run { try check($0) }
        func check(_ servers: some SeamServers) throws {
            try servers.publish(0, 0, 0)
            let ids = try servers.relay()[first] ?? []
            try servers.groupStreams().rewind(first, to: .zero)
            let streams = try servers.ownerStreams()
            _ = try streams.inspect(first)
            let entries = try servers.outbox().load(first, after: 1, most: 10)
            #expect(entries.map(\.id) == Array(ids.dropFirst()))
            #expect(try streams.rebuild(first, entries) == .appended)
            let state = try streams.inspect(first)
            #expect(state.first == ids[1] && state.last == ids[2] && state.length == 2)
            #expect(state.acknowledgedBefore == nil)
        }
    }

    @Test(arguments: SeamSide.allCases)
    func anExactTrimDropsWhatLiesBeforeTheIdUnlessTheStreamHasChanged(_ side: SeamSide) async throws {
        try await side.run { try check($0) }
        func check(_ servers: some SeamServers) throws {
            try servers.publish(0, 0, 0)
            let ids = try servers.relay()[first] ?? []
            let streams = try servers.ownerStreams()
            #expect(try streams.position(of: first, notAfter: .max / 2) == 3)
            #expect(try streams.position(of: first, notAfter: ids[0].milliseconds - 1) == 0)
            _ = try streams.inspect(first)
            #expect(try streams.trim(first, before: ids[2], exactly: true) == 2)
            _ = try streams.inspect(first)
            try servers.addForeign(first, EntryID(milliseconds: ids[2].milliseconds, position: 4))
            #expect(try streams.trim(first, before: ids[2].successor, exactly: true) == nil)
            #expect(try streams.inspect(first).first == ids[2])
        }
    }
}
