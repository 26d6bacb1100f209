import PerchProtocol
import Testing

/// A partition's trouble is its own.
struct RelayTroubleTests {
    let first = Partition("tickets", 0)
    let second = Partition("tickets", 1)

    func id(_ position: Position, _ milliseconds: Int64 = 100) -> EntryID {
        EntryID(milliseconds: milliseconds, position: position)
    }

    func stream(_ last: Position) -> StreamState {
        StreamState(last: last == 0 ? .zero : id(last), length: last, first: last == 0 ? nil : id(1))
    }

    func log(_ last: Position) -> LogState {
        LogState(last: last == 0 ? .zero : id(last), oldest: last == 0 ? nil : 1, hasLast: true, hasFirst: true)
    }

    func assigned(_ partition: Partition, _ positions: Position...) -> RelayInput {
        .assigned([.init(partition: partition, ids: positions.map { id($0) })])
    }

    /// A relay of two partitions that waits for positions; the first is in trouble as often as given.
    func machine(troubles: Int, _ settings: RelayProtocol.Settings = .init()) -> RelayProtocol {
        var machine = RelayProtocol(partitions: [first, second], settings: settings, seed: 7)
        #expect(machine.next(.done, at: .zero) == .stream(.inspect(first)))
        if troubles > 0 {
            #expect(machine.next(.troubled, at: .zero) == .stream(.inspect(second)))
        } else {
            _ = machine.next(.inspected(stream(0)), at: .zero)
            #expect(machine.next(.consulted(log(0)), at: .zero) == .stream(.inspect(second)))
        }
        _ = machine.next(.inspected(stream(0)), at: .zero)
        let except = troubles > 0 ? [first] : []
        #expect(machine.next(.consulted(log(0)), at: .zero) == .outbox(.assign(limit: 1000, except: except)))
        #expect(machine.next(.done, at: .zero) == .outbox(.collect))
        return machine
    }

    /// Its stream is sound, and Postgres gives it no positions: each look at the stream would have ended the trouble for a moment.
    @Test func itIsOutOfTroubleWhenItIsGivenPositionsAgain() {
        var machine = machine(troubles: 0)
        var now = Duration.zero
        var failures = 1
        var isAsked = true
        var notices: [RelayNotice] = []
        var input = RelayInput.assigned([], troubled: [first])
        while now < .seconds(60) {
            let action = machine.next(input, at: now)
            notices += machine.drainNotices()
            input = .done
            switch action {
            case .stream(.inspect): input = .inspected(stream(0))
            case .log(.consult): input = .consulted(log(0))
            case .outbox(.assign(_, _, let except)): isAsked = !except.contains(first)
            case .outbox(.collect):
                let fails = isAsked && failures < 4
                failures += fails ? 1 : 0
                input = .assigned([], troubled: fails ? [first] : [])
            case .wait(let time): now += time
            default: break
            }
        }
        let kinds = notices.compactMap { notice -> String? in
            switch notice {
            case .troubled: "troubled"
            case .untroubled: "untroubled"
            default: nil
            }
        }
        #expect(kinds == ["troubled", "troubled", "troubled", "troubled", "untroubled"])
    }

    @Test func theOthersGoOnAndItIsLookedAtLaterEachTime() {
        var machine = machine(troubles: 1)
        _ = machine.drainNotices()
        #expect(machine.next(assigned(second, 1), at: .zero) == .stream(.inspect(second)))
        #expect(
            machine.next(.inspected(stream(0)), at: .zero)
                == .stream(.append(second, [id(1)], after: .zero, inspecting: nil))
        )
        var now = Duration.zero
        var delays: [Duration] = []
        var input = RelayInput.appended(.appended, next: nil)
        while delays.count < 12, now < .seconds(600) {
            switch machine.next(input, at: now) {
            case .stream(.inspect(first)): input = .troubled
            case .stream(.inspect(second)): input = .inspected(stream(1))
            case .log(.consult): input = .consulted(log(1))
            case .outbox(.assign): input = .done
            case .outbox(.collect): input = .assigned([])
            case .wait(let time):
                now += time
                input = .done
            case let action:
                Issue.record("\(action) has nothing to do with it")
                return
            }
            for case .troubled(first, let delay) in machine.drainNotices() { delays.append(delay) }
        }
        #expect(delays.count == 12)
        #expect(delays.suffix(4).reduce(.zero, +) > delays.prefix(4).reduce(.zero, +) * 4, "\(delays)")
    }

    @Test func aPartitionWhoseNodeIsAwayIsLookedAtEachSecondAndTheOthersGoOn() {
        var machine = machine(troubles: 0)
        #expect(machine.next(assigned(first, 1), at: .zero) == .stream(.inspect(first)))
        guard case .stream(.append(first, _, _, _)) = machine.next(.inspected(stream(0)), at: .zero) else {
            Issue.record("it is appended")
            return
        }
        // Whether it was is not known.
        var input = RelayInput.away
        var now = Duration.zero
        var delays: [Duration] = []
        var hasSecond = false
        while delays.count < 12, now < .seconds(600) {
            switch machine.next(input, at: now) {
            case .stream(.inspect(first)): input = .away
            case .stream(.inspect(second)): input = .inspected(stream(hasSecond ? 1 : 0))
            case .log(.consult): input = .consulted(log(hasSecond ? 1 : 0))
            case .stream(.append(second, _, _, _)):
                hasSecond = true
                input = .appended(.appended, next: nil)
            case .outbox(.assign): input = .done
            case .outbox(.collect): input = hasSecond ? .assigned([]) : assigned(second, 1)
            case .wait(let time):
                now += time
                input = .done
            case let action:
                Issue.record("\(action) has nothing to do with it")
                return
            }
            for case .troubled(first, let delay) in machine.drainNotices() { delays.append(delay) }
        }
        #expect(hasSecond && delays.count == 12)
        #expect(delays.allSatisfy { $0 <= .seconds(1) }, "\(delays)")
        // It is back, and had it: what the log has is compared, and nothing is appended twice.
        now += .seconds(2)
        while true {
            let action = machine.next(input, at: now)
            if action == .stream(.inspect(first)) { break }
            switch action {
            case .stream(.inspect): input = .inspected(stream(1))
            case .log(.consult): input = .consulted(log(1))
            case .outbox(.collect): input = .assigned([])
            default: input = .done
            }
        }
        var action = machine.next(.inspected(stream(1)), at: now)
        // What was asked of Postgres before goes first.
        if action == .outbox(.collect) { action = machine.next(.assigned([]), at: now) }
        guard case .log(.consult(first, _)) = action else {
            Issue.record("the log is asked")
            return
        }
        #expect(machine.next(.consulted(log(1)), at: now).partition != first)
    }

    @Test func aPartitionWhosePositionsCannotBeGivenIsLeftOut() {
        var machine = machine(troubles: 0)
        let input = RelayInput.assigned([.init(partition: second, ids: [id(1)])], troubled: [first])
        #expect(machine.next(input, at: .zero) == .stream(.inspect(second)))
        _ = machine.next(.inspected(stream(0)), at: .zero)
        #expect(
            machine.next(.appended(.appended, next: nil), at: .zero) == .outbox(.assign(limit: 1000, except: [first]))
        )
    }

    @Test func whereRowsWereLookedAtForTheFirstTimeMoreIsAskedForAtOnce() {
        var machine = machine(troubles: 0)
        #expect(machine.next(.assigned([], hasMore: true), at: .zero) == .outbox(.assign(limit: 1000, except: [])))
        #expect(machine.next(.done, at: .zero) == .outbox(.collect))
        guard case .wait = machine.next(.assigned([]), at: .zero) else {
            Issue.record("there is nothing to do")
            return
        }
    }

    @Test func whatIsRefusedIsForgottenAndReadFromTheLogAgain() {
        var machine = machine(troubles: 0)
        _ = machine.next(assigned(second, 1, 2), at: .zero)
        _ = machine.next(.inspected(stream(0)), at: .zero)
        #expect(
            machine.next(.appended(.refused, next: nil), at: .zero) == .outbox(.assign(limit: 1000, except: [second]))
        )
        #expect(machine.next(.done, at: .zero) == .outbox(.collect))
        guard case .wait = machine.next(.assigned([]), at: .zero) else {
            Issue.record("it waits")
            return
        }
        #expect(machine.next(.done, at: .seconds(1)) == .log(.load(second, after: 0, limit: 500)))
        #expect(machine.next(.loaded([id(1), id(2)]), at: .seconds(1)) == .stream(.inspect(second)))
    }

    @Test func refusalsInARowEndInANewConnection() {
        var settings = RelayProtocol.Settings()
        settings.refused = Backoff(first: .milliseconds(1), cap: .milliseconds(1))
        var machine = machine(troubles: 0, settings)
        var now = Duration.zero
        var input = assigned(second, 1)
        var refusals = 0
        for _ in 0..<200 {
            switch machine.next(input, at: now) {
            case .stream(.inspect(let partition)): input = .inspected(partition == second ? stream(0) : stream(0))
            case .log(.consult(let partition, _)): input = .consulted(log(partition == second ? 1 : 0))
            case .stream(.append):
                refusals += 1
                input = .appended(.refused, next: nil)
            case .log(.load): input = .loaded([id(1)])
            case .outbox(.assign): input = .done
            case .outbox(.collect): input = .assigned([])
            case .wait(let time):
                now += time + .milliseconds(10)
                input = .done
            case .disconnect:
                #expect(refusals == machine.settings.refusalsUntilReconnect)
                return
            case let action:
                Issue.record("\(action)")
                return
            }
        }
        Issue.record("it never made a new connection")
    }

    @Test func anEntryMinutesAheadOfPostgresIsNotAdopted() {
        for (ahead, isAdopted) in [(Int64(-100), true), (300_000, true), (300_001, false), (.max - 1000, false)] {
            var machine = RelayProtocol(partitions: [first], seed: 7)
            _ = machine.next(.done, at: .zero)
            let next = id(4, 1000 + ahead)
            var state = stream(3)
            state.last = next
            _ = machine.next(.inspected(state), at: .zero)
            var log = LogState(last: id(3), oldest: 1, predecessor: id(3))
            log.clock = 1000
            _ = machine.next(.consulted(log), at: .zero)
            let action = machine.next(.tail([.init(id: next, isOurs: true)]), at: .zero)
            #expect(action == (isAdopted ? .log(.adopt(first, [next])) : .log(.setAside(first, [next]))))
        }
    }

    @Test func aServerThatAnswersForOnePartitionOnlyIsAskedLessAndLessOften() {
        var machine = RelayProtocol(partitions: [first, second], seed: 7)
        var now = Duration.zero
        var attempts: [Int] = []
        var input = RelayInput.done
        while attempts.count < 6 {
            switch machine.next(input, at: now) {
            case .stream(.inspect(first)): input = .inspected(stream(0))
            case .log(.consult): input = .consulted(log(0))
            case .stream(.inspect(second)): input = .failed
            case .wait(let time):
                now += time
                input = .done
            default: input = .done
            }
            for case .reconnecting(let attempt, _) in machine.drainNotices() { attempts.append(attempt) }
        }
        #expect(attempts == [1, 2, 3, 4, 5, 6])
    }

    // MARK: Letting another lead

    /// Runs a relay whose first partition's node is away, until it asks for another to lead.
    ///
    /// - Returns: When; nil: not before the end.
    private func resigns(_ machine: inout RelayProtocol, _ input: RelayInput, from begin: Duration, until end: Duration)
        -> Duration?
    {
        var (now, input) = (begin, input)
        while now < end {
            switch machine.next(input, at: now) {
            case .resign: return now
            case .stream(.inspect(first)): input = .away
            case .stream(.inspect): input = .inspected(stream(0))
            case .log(.consult): input = .consulted(log(0))
            case .outbox(.collect): input = .assigned([])
            case .wait(let time):
                now += time
                input = .done
            default: input = .done
            }
        }
        return nil
    }

    @Test func aRelayThatHasLongNotReachedANodeLetsAnotherLeadWhereOneStandsBy() throws {
        var machine = RelayProtocol(partitions: [first, second], seed: 7)
        let once = try #require(resigns(&machine, .done, from: .zero, until: .seconds(100)))
        #expect(once >= .seconds(30) && once < .seconds(32), "a failover takes a while")
        // Nobody stands by: all goes on, and it is asked again.
        let again = try #require(resigns(&machine, .resigned(false), from: once, until: .seconds(100)))
        #expect(again - once >= .seconds(30) && again - once < .seconds(32))
        _ = machine.drainNotices()
        #expect(
            machine.next(.resigned(true), at: again) == .wait(.seconds(3)),
            "longer than others wait until they ask"
        )
        #expect(machine.drainNotices() == [.resigned(first, awayFor: again)] && machine.resignations == 1)
        // As if it began anew, and nobody else reached it either.
        var next = RelayProtocol(partitions: [first, second], resignations: 1, seed: 8)
        let later = try #require(resigns(&next, .done, from: .zero, until: .seconds(200)))
        #expect(later >= .seconds(60) && later < .seconds(63), "each change costs all of them a moment")
        var long = RelayProtocol(partitions: [first, second], resignations: 40, seed: 9)
        #expect(resigns(&long, .done, from: .zero, until: .seconds(599)) == nil)
    }
}
