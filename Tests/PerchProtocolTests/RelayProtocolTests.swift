import PerchProtocol
import Testing

struct RelayProtocolTests {
    let partition = Partition("tickets", 0)

    func id(_ position: Position) -> EntryID { EntryID(milliseconds: 100, position: position) }

    func stream(_ last: Position, first: Position = 1, group: Position? = nil) -> StreamState {
        StreamState(
            last: last == 0 ? .zero : id(last),
            length: last == 0 ? 0 : last - first + 1,
            first: last == 0 ? nil : id(first),
            lowestGroup: group.map { id($0) }
        )
    }

    func log(_ last: Position, trimmed: Position = 0, group: Position? = nil, hasLast: Bool = true) -> LogState {
        LogState(
            last: id(last),
            trimmed: trimmed,
            oldest: 1,
            lowestGroup: group,
            hasLast: hasLast,
            hasFirst: true,
            predecessor: hasLast ? id(last - 1) : id(last)
        )
    }

    /// A relay that has looked at a sound stream with this last position, and waits for the positions that it asked for.
    func caughtUp(at last: Position, _ settings: RelayProtocol.Settings = .init()) -> RelayProtocol {
        var machine = RelayProtocol(partitions: [partition], settings: settings, seed: 7)
        #expect(machine.next(.done, at: .zero) == .stream(.inspect(partition)))
        #expect(machine.next(.inspected(stream(last)), at: .zero) == .log(.consult(partition, stream(last))))
        #expect(
            machine.next(.consulted(log(last)), at: .zero)
                == .outbox(.assign(limit: machine.settings.assignLimit, except: []))
        )
        #expect(machine.next(.done, at: .zero) == .outbox(.collect))
        return machine
    }

    func assigned(_ positions: Position...) -> RelayInput {
        .assigned([.init(partition: partition, ids: positions.map(id))])
    }

    @Test func whatWasGivenIsAppendedAfterALookAtTheStream() {
        var machine = caughtUp(at: 3)
        #expect(machine.next(assigned(4, 5), at: .zero) == .stream(.inspect(partition)))
        #expect(
            machine.next(.inspected(stream(3)), at: .zero)
                == .stream(.append(partition, [id(4), id(5)], after: id(3), inspecting: nil))
        )
        #expect(!machine.isCaughtUp)
        _ = machine.next(.appended(.appended, next: nil), at: .zero)
        #expect(machine.isCaughtUp)
    }

    @Test func anAppendWhoseReplyWasLostIsNotMadeAgain() {
        var machine = caughtUp(at: 3)
        _ = machine.next(assigned(4, 5), at: .zero)
        #expect(
            machine.next(.inspected(stream(4)), at: .zero)
                == .stream(.append(partition, [id(5)], after: id(4), inspecting: nil))
        )
    }

    @Test func withPostgresAwayItReconnectsLessAndLessOftenThoughRedisAnswers() {
        var machine = caughtUp(at: 3)
        var attempts: [Int] = []
        #expect(machine.next(.failed, at: .zero) == .disconnect)
        for _ in 0..<4 {
            guard case .wait = machine.next(.done, at: .zero) else {
                Issue.record("it backs off")
                return
            }
            for case .reconnecting(let attempt, _) in machine.drainNotices() { attempts.append(attempt) }
            #expect(machine.next(.done, at: .zero) == .stream(.inspect(partition)))
            #expect(machine.next(.inspected(stream(3)), at: .zero) == .log(.consult(partition, stream(3))))
            #expect(machine.next(.failed, at: .zero) == .disconnect)
        }
        #expect(attempts == [1, 2, 3, 4])
    }

    @Test func aForeignEntryUnderAnIDOfOursIsNotTakenForOurs() {
        var machine = caughtUp(at: 3)
        _ = machine.next(assigned(4, 5), at: .zero)
        var state = stream(4)
        state.endsForeign = true
        #expect(machine.next(.inspected(state), at: .zero) == .log(.consult(partition, state)))
        var known = log(5)
        known.predecessor = id(3)
        guard case .stream(.readTail(partition, after: id(3), _)) = machine.next(.consulted(known), at: .zero) else {
            Issue.record("it reads what lies past the last entry of ours")
            return
        }
        #expect(
            machine.next(.tail([.init(id: id(4), isOurs: false)]), at: .zero) == .log(.setAside(partition, [id(4)]))
        )
    }

    @Test func nothingIsGivenAfterABrokenConnectionBeforeTheStreamIsLookedAt() {
        var machine = caughtUp(at: 3)
        #expect(machine.next(.failed, at: .zero) == .disconnect)
        guard case .wait = machine.next(.done, at: .zero) else {
            Issue.record("it backs off")
            return
        }
        #expect(machine.next(.done, at: .seconds(1)) == .stream(.inspect(partition)))
    }

    @Test func entriesThatPostgresHasLostAreCopiedBack() {
        var machine = RelayProtocol(partitions: [partition], seed: 7)
        _ = machine.next(.done, at: .zero)
        _ = machine.next(.inspected(stream(5)), at: .zero)
        guard
            case .stream(.readTail(partition, after: id(3), _)) = machine.next(
                .consulted(log(3, hasLast: false)),
                at: .zero
            )
        else {
            Issue.record("it reads what lies past the log")
            return
        }
        let tail = [RelayInput.TailEntry(id: id(4), isOurs: true), .init(id: id(5), isOurs: true)]
        #expect(machine.next(.tail(tail), at: .zero) == .log(.adopt(partition, [id(4), id(5)])))
        #expect(machine.next(.adopted(true), at: .zero) == .stream(.inspect(partition)))
    }

    @Test func aLastIDThatIsNobodysEntryMakesTheStreamAgain() {
        var machine = RelayProtocol(partitions: [partition], seed: 7)
        _ = machine.next(.done, at: .zero)
        var state = stream(3)
        state.last = EntryID(milliseconds: 9_999_999, position: 1)
        _ = machine.next(.inspected(state), at: .zero)
        _ = machine.next(.consulted(log(3, hasLast: false)), at: .zero)
        guard case .log(.load(partition, after: 0, _)) = machine.next(.tail([]), at: .zero) else {
            Issue.record("it loads the log")
            return
        }
        #expect(
            machine.next(.loaded([id(1), id(2), id(3)]), at: .zero)
                == .stream(.rebuild(partition, [id(1), id(2), id(3)]))
        )
    }

    @Test func aStreamThatLacksWhatAGroupNeedsIsMadeAgainFromThere() {
        var machine = RelayProtocol(partitions: [partition], seed: 7)
        _ = machine.next(.done, at: .zero)
        _ = machine.next(.inspected(stream(9, first: 7, group: 4)), at: .zero)
        guard
            case .log(.load(partition, after: 4, _)) = machine.next(.consulted(log(9, trimmed: 6, group: 4)), at: .zero)
        else {
            Issue.record("it loads what the group needs, though it was trimmed")
            return
        }
    }

    @Test func aRefusedAppendWaitsAlsoWithTheNextBatchInspected() {
        var settings = RelayProtocol.Settings()
        settings.batchSize = 1
        var machine = caughtUp(at: 3, settings)
        _ = machine.next(assigned(4, 5), at: .zero)
        #expect(
            machine.next(.inspected(stream(3)), at: .zero)
                == .stream(.append(partition, [id(4)], after: id(3), inspecting: partition))
        )
        guard case .wait = machine.next(.appended(.refused, next: stream(3)), at: .zero) else {
            Issue.record("it backs off")
            return
        }
    }

    /// A relay that was given as much as it asked for, two positions, and has asked for more before it appends them.
    func readingAhead() -> RelayProtocol {
        var settings = RelayProtocol.Settings()
        settings.assignLimit = 2
        var machine = caughtUp(at: 3, settings)
        #expect(machine.next(assigned(4, 5), at: .zero) == .outbox(.assign(limit: 2, except: [])))
        #expect(machine.next(.done, at: .zero) == .stream(.inspect(partition)))
        return machine
    }

    @Test func whileABacklogIsAppendedTheNextPositionsAreGiven() {
        var machine = readingAhead()
        #expect(
            machine.next(.inspected(stream(3)), at: .zero)
                == .stream(.append(partition, [id(4), id(5)], after: id(3), inspecting: nil))
        )
        #expect(machine.next(.appended(.appended, next: nil), at: .zero) == .outbox(.collect))
        // Fewer than were asked for: no more are asked for before these are appended.
        #expect(machine.next(assigned(6), at: .zero) == .stream(.inspect(partition)))
    }

    @Test func postgresIsAskedNothingElseUntilThePositionsAreCollected() {
        var machine = readingAhead()
        #expect(machine.next(.inspected(stream(2)), at: .zero) == .outbox(.collect))
        #expect(machine.next(assigned(6), at: .zero) == .log(.consult(partition, stream(2))))
        guard case .log(.load(partition, after: 2, _)) = machine.next(.consulted(log(6)), at: .zero) else {
            Issue.record("what Redis lost, and what was given meanwhile, is read from the log")
            return
        }
    }

    @Test func aStreamThatDoesNotTakeWhatItHasIsGivenNoMore() {
        var machine = readingAhead()
        _ = machine.next(.inspected(stream(3)), at: .zero)
        #expect(machine.next(.appended(.refused, next: nil), at: .zero) == .outbox(.collect))
        guard case .wait(let time) = machine.next(assigned(6, 7), at: .zero) else {
            Issue.record("it backs off")
            return
        }
        // From the log, for what was refused is not kept.
        #expect(machine.next(.done, at: time + .seconds(1)) == .log(.load(partition, after: 3, limit: 500)))
    }

    @Test func whatWasAskedForOnALostConnectionIsForgotten() {
        var machine = readingAhead()
        #expect(machine.next(.failed, at: .zero) == .disconnect)
        _ = machine.next(.done, at: .zero)
        #expect(machine.next(.done, at: .seconds(1)) == .stream(.inspect(partition)))
        #expect(machine.next(.inspected(stream(5)), at: .seconds(1)) == .log(.consult(partition, stream(5))))
    }

    @Test func aPartitionThatCannotBeMendedDoesNotHoldTheOthers() {
        let other = Partition("tickets", 1)
        var machine = RelayProtocol(partitions: [partition, other], seed: 7)
        _ = machine.next(.done, at: .zero)
        _ = machine.next(.inspected(stream(0)), at: .zero)
        var lost = log(9, trimmed: 2)
        lost.oldest = 6
        #expect(machine.next(.consulted(lost), at: .zero) == .stream(.inspect(other)))
        _ = machine.next(.inspected(stream(3)), at: .zero)
        let limit = machine.settings.assignLimit
        #expect(machine.next(.consulted(log(3)), at: .zero) == .outbox(.assign(limit: limit, except: [partition])))
    }

    @Test func aTrimThatLeavesMoreIsFollowedByTheNextSoonAndAppendingGoesOnBetweenThem() {
        var machine = RelayProtocol(partitions: [partition], seed: 7)
        let limit = machine.settings.trimLimit
        let soon = machine.settings.trimPause
        func state(_ last: Position) -> StreamState {
            var state = stream(last)
            state.acknowledgedBefore = id(4)
            return state
        }
        _ = machine.next(.done, at: .zero)
        _ = machine.next(.inspected(state(5)), at: .zero)
        #expect(machine.next(.consulted(log(7)), at: .zero) == .trim(partition, before: id(4), limit: limit))
        guard case .log(.load(partition, after: 5, _)) = machine.next(.trimmed(.more), at: .zero) else {
            Issue.record("what waits in the log has to wait for the whole trim")
            return
        }
        #expect(machine.next(.loaded([id(6), id(7)]), at: .zero) == .stream(.inspect(partition)))
        #expect(
            machine.next(.inspected(state(5)), at: .zero)
                == .stream(.append(partition, [id(6), id(7)], after: id(5), inspecting: nil))
        )
        guard case .log(.load(partition, after: 7, _)) = machine.next(.appended(.appended, next: nil), at: soon) else {
            Issue.record("the log may have more")
            return
        }
        #expect(machine.next(.loaded([]), at: soon) == .stream(.inspect(partition)))
        #expect(machine.next(.inspected(state(7)), at: soon) == .log(.consult(partition, state(7))))
        #expect(machine.next(.consulted(log(7)), at: soon) == .trim(partition, before: id(4), limit: limit))
        #expect(machine.next(.trimmed(.done), at: soon) != .stream(.inspect(partition)))
    }

    @Test func aStreamThatIsOverdueForAnAuditIsLookedAtBeforeWhatWaitsElsewhere() {
        let other = Partition("tickets", 1)
        var machine = RelayProtocol(partitions: [partition, other], seed: 7)
        _ = machine.next(.done, at: .zero)
        _ = machine.next(.inspected(stream(3)), at: .zero)
        _ = machine.next(.consulted(log(3)), at: .zero)
        _ = machine.next(.inspected(stream(3)), at: .zero)
        // The first partition always has something to append.
        _ = machine.next(.consulted(log(3)), at: .zero)
        var isLookedAt = false
        var input = RelayInput.done
        var position: Position = 3
        for step in 0..<1000 where !isLookedAt {
            switch machine.next(input, at: .milliseconds(100 * step)) {
            case .outbox(.assign): input = .done
            case .outbox(.collect):
                input = .assigned([.init(partition: partition, ids: (1...1000).map { id(position + $0) })])
            case .stream(.inspect(let looked)):
                isLookedAt = looked == other
                input = .inspected(stream(position))
            case .log(.consult): input = .consulted(log(position))
            case .log(.load): input = .loaded([])
            case .stream(.append(_, let ids, _, _)):
                position = ids.last?.position ?? position
                input = .appended(.appended, next: stream(position))
            default: input = .done
            }
        }
        #expect(isLookedAt)
    }

    @Test func onlyASoundStreamIsTrimmed() {
        for isSound in [true, false] {
            var machine = RelayProtocol(partitions: [partition], seed: 7)
            _ = machine.next(.done, at: .zero)
            var state = stream(5)
            state.acknowledgedBefore = id(4)
            if !isSound { state.length -= 1 }
            _ = machine.next(.inspected(state), at: .zero)
            let action = machine.next(.consulted(log(5)), at: .zero)
            #expect((action == .trim(partition, before: id(4), limit: machine.settings.trimLimit)) == isSound)
        }
    }
}
