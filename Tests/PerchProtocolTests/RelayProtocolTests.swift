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

    /// A relay that has looked at a sound stream with this last position, and is about to give positions.
    func caughtUp(at last: Position) -> RelayProtocol {
        var machine = RelayProtocol(partitions: [partition], seed: 7)
        #expect(machine.next(.done, at: .zero) == .inspect(partition))
        #expect(machine.next(.inspected(stream(last)), at: .zero) == .consult(partition, stream(last)))
        #expect(
            machine.next(.consulted(log(last)), at: .zero) == .assign(limit: machine.settings.assignLimit, except: [])
        )
        return machine
    }

    func assigned(_ positions: Position...) -> RelayInput {
        .assigned([.init(partition: partition, ids: positions.map(id))])
    }

    @Test func whatWasGivenIsAppendedAfterALookAtTheStream() {
        var machine = caughtUp(at: 3)
        #expect(machine.next(assigned(4, 5), at: .zero) == .inspect(partition))
        #expect(
            machine.next(.inspected(stream(3)), at: .zero)
                == .append(partition, [id(4), id(5)], after: id(3), inspecting: nil)
        )
        #expect(!machine.isCaughtUp)
        _ = machine.next(.appended(.appended, next: nil), at: .zero)
        #expect(machine.isCaughtUp)
    }

    @Test func anAppendWhoseReplyWasLostIsNotMadeAgain() {
        var machine = caughtUp(at: 3)
        _ = machine.next(assigned(4, 5), at: .zero)
        #expect(
            machine.next(.inspected(stream(4)), at: .zero) == .append(partition, [id(5)], after: id(4), inspecting: nil)
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
            #expect(machine.next(.done, at: .zero) == .inspect(partition))
            #expect(machine.next(.inspected(stream(3)), at: .zero) == .consult(partition, stream(3)))
            #expect(machine.next(.failed, at: .zero) == .disconnect)
        }
        #expect(attempts == [1, 2, 3, 4])
    }

    @Test func aForeignEntryUnderAnIDOfOursIsNotTakenForOurs() {
        var machine = caughtUp(at: 3)
        _ = machine.next(assigned(4, 5), at: .zero)
        var state = stream(4)
        state.endsForeign = true
        #expect(machine.next(.inspected(state), at: .zero) == .consult(partition, state))
        var known = log(5)
        known.predecessor = id(3)
        guard case .readTail(partition, after: id(3), _) = machine.next(.consulted(known), at: .zero) else {
            Issue.record("it reads what lies past the last entry of ours")
            return
        }
        #expect(machine.next(.tail([.init(id: id(4), isOurs: false)]), at: .zero) == .setAside(partition, [id(4)]))
    }

    @Test func nothingIsGivenAfterABrokenConnectionBeforeTheStreamIsLookedAt() {
        var machine = caughtUp(at: 3)
        #expect(machine.next(.failed, at: .zero) == .disconnect)
        guard case .wait = machine.next(.done, at: .zero) else {
            Issue.record("it backs off")
            return
        }
        #expect(machine.next(.done, at: .seconds(1)) == .inspect(partition))
    }

    @Test func entriesThatPostgresHasLostAreCopiedBack() {
        var machine = RelayProtocol(partitions: [partition], seed: 7)
        _ = machine.next(.done, at: .zero)
        _ = machine.next(.inspected(stream(5)), at: .zero)
        guard case .readTail(partition, after: id(3), _) = machine.next(.consulted(log(3, hasLast: false)), at: .zero)
        else {
            Issue.record("it reads what lies past the log")
            return
        }
        let tail = [RelayInput.TailEntry(id: id(4), isOurs: true), .init(id: id(5), isOurs: true)]
        #expect(machine.next(.tail(tail), at: .zero) == .adopt(partition, [id(4), id(5)]))
        #expect(machine.next(.adopted(true), at: .zero) == .inspect(partition))
    }

    @Test func aLastIDThatIsNobodysEntryMakesTheStreamAgain() {
        var machine = RelayProtocol(partitions: [partition], seed: 7)
        _ = machine.next(.done, at: .zero)
        var state = stream(3)
        state.last = EntryID(milliseconds: 9_999_999, position: 1)
        _ = machine.next(.inspected(state), at: .zero)
        _ = machine.next(.consulted(log(3, hasLast: false)), at: .zero)
        guard case .load(partition, after: 0, _) = machine.next(.tail([]), at: .zero) else {
            Issue.record("it loads the log")
            return
        }
        #expect(machine.next(.loaded([id(1), id(2), id(3)]), at: .zero) == .rebuild(partition, [id(1), id(2), id(3)]))
    }

    @Test func aStreamThatLacksWhatAGroupNeedsIsMadeAgainFromThere() {
        var machine = RelayProtocol(partitions: [partition], seed: 7)
        _ = machine.next(.done, at: .zero)
        _ = machine.next(.inspected(stream(9, first: 7, group: 4)), at: .zero)
        guard case .load(partition, after: 4, _) = machine.next(.consulted(log(9, trimmed: 6, group: 4)), at: .zero)
        else {
            Issue.record("it loads what the group needs, though it was trimmed")
            return
        }
    }

    @Test func aRefusedAppendWaitsAlsoWithTheNextBatchInspected() {
        var settings = RelayProtocol.Settings()
        settings.batchSize = 1
        var machine = RelayProtocol(partitions: [partition], settings: settings, seed: 7)
        _ = machine.next(.done, at: .zero)
        _ = machine.next(.inspected(stream(3)), at: .zero)
        _ = machine.next(.consulted(log(3)), at: .zero)
        _ = machine.next(assigned(4, 5), at: .zero)
        #expect(
            machine.next(.inspected(stream(3)), at: .zero)
                == .append(partition, [id(4)], after: id(3), inspecting: partition)
        )
        guard case .wait = machine.next(.appended(.refused, next: stream(3)), at: .zero) else {
            Issue.record("it backs off")
            return
        }
    }

    @Test func aPartitionThatCannotBeMendedDoesNotHoldTheOthers() {
        let other = Partition("tickets", 1)
        var machine = RelayProtocol(partitions: [partition, other], seed: 7)
        _ = machine.next(.done, at: .zero)
        _ = machine.next(.inspected(stream(0)), at: .zero)
        var lost = log(9, trimmed: 2)
        lost.oldest = 6
        #expect(machine.next(.consulted(lost), at: .zero) == .inspect(other))
        _ = machine.next(.inspected(stream(3)), at: .zero)
        let limit = machine.settings.assignLimit
        #expect(machine.next(.consulted(log(3)), at: .zero) == .assign(limit: limit, except: [partition]))
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
            #expect((action == .trim(partition, before: id(4))) == isSound)
        }
    }
}
