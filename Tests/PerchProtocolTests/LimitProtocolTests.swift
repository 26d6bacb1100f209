import PerchProtocol
import Testing

/// What a worker does about the limits of its subscriptions.
@Suite struct LimitProtocolTests {
    private let limited = Partition("payments", 0)
    private let free = Partition("tickets", 0)
    private let rate = WorkLimit("bank", perSecond: 10, burst: 4)
    private let slots = WorkLimit("bank", atATime: 1)

    private func id(_ position: Position) -> EntryID { EntryID(milliseconds: 100, position: position) }

    /// A worker that holds both partitions and is about to read them.
    private func reading(_ limit: WorkLimit) -> WorkerProtocol {
        var settings = WorkerProtocol.Settings()
        settings.limits = ["payments": limit]
        var machine = WorkerProtocol(settings: settings, seed: 7)
        machine.observe(LeaseView(share: 2, claimable: 2, connection: 1))
        _ = machine.next(.done, at: .zero)
        let holdings = [limited, free].map { Holding(partition: $0, epoch: Epoch(rawValue: 1), checkpoint: .zero) }
        _ = machine.next(.acquired(holdings), at: .zero)
        let surveys = [limited, free].map { FailureSurvey(partition: $0, revision: 0, heads: []) }
        var action = machine.next(.surveyed(surveys), at: .zero)
        while case .streams(.rewind) = action { action = machine.next(.done, at: .zero) }
        guard case .streams(.read([limited, free], _, _)) = action else {
            Issue.record("both are read: \(action)")
            return machine
        }
        return machine
    }

    private func delivered(_ partitions: Partition..., count: Position = 3) -> WorkerInput {
        .delivered(
            partitions.map { partition in
                .init(partition: partition, ids: (1...count).map(id), keys: (1...count).map { "\($0)" })
            }
        )
    }

    private func slice(_ partition: Partition, _ positions: ClosedRange<Position>) -> WorkerAction.Slice {
        .init(partition: partition, positions: positions)
    }

    /// A portion of a tenth of a second is asked for first.
    @Test func aRoundAsksBeforeItBeginsAndHandlesOnlyWhatIsAllowed() {
        var machine = reading(rate)
        #expect(
            machine.next(delivered(limited, free), at: .zero)
                == .limits(.ask([LimitQuestion(limit: rate, wanted: 1)]))
        )
        let answer = LimitAnswer(allowed: 1, wait: .zero, hasFreeSlot: true)
        #expect(machine.next(.allowed([answer]), at: .zero) == .transaction(.begin))
        #expect(
            machine.next(.done, at: .zero) == .transaction(.handle([slice(limited, 1...1), slice(free, 1...3)]))
        )
    }

    @Test func whatIsNotAllowedStaysInTheStreamAndTheOthersGoOn() {
        var machine = reading(rate)
        _ = machine.next(delivered(limited, free), at: .zero)
        let answer = LimitAnswer(allowed: 0, wait: .milliseconds(300), hasFreeSlot: true)
        #expect(machine.next(.allowed([answer]), at: .zero) == .transaction(.begin))
        #expect(machine.drainNotices().contains(.limited("bank")))
        #expect(machine.next(.done, at: .zero) == .transaction(.handle([slice(free, 1...3)])))
        _ = machine.next(.done, at: .zero)
        _ = machine.next(.done, at: .zero)
        _ = machine.next(.committed, at: .zero)
        #expect(machine.next(.done, at: .zero) == .streams(.rewind(limited, to: .zero)))
        guard case .streams(.read([free], _, let block)) = machine.next(.done, at: .zero) else {
            Issue.record("only the other is read meanwhile")
            return
        }
        #expect(block >= .milliseconds(300) && block <= .milliseconds(375), "until the limit may allow more")
        #expect(
            machine.next(.delivered([]), at: .milliseconds(400))
                == .limits(.ask([LimitQuestion(limit: rate, wanted: 1)])),
            "before anything of it is read"
        )
        let more = LimitAnswer(allowed: 1, wait: .zero, hasFreeSlot: true)
        #expect(
            machine.next(.allowed([more]), at: .milliseconds(400))
                == .streams(.read([limited], count: 1, block: .zero))
        )
    }

    /// Its process was frozen in between, say.
    @Test func whatWasAllowedLongAgoIsAskedForAnewAndNothingIsBegun() {
        var machine = reading(rate)
        _ = machine.next(delivered(limited), at: .zero)
        let answer = LimitAnswer(allowed: 1, wait: .zero, hasFreeSlot: true)
        #expect(machine.next(.allowed([answer]), at: .zero) == .transaction(.begin))
        #expect(machine.next(.done, at: .seconds(2)) == .transaction(.rollback))
        #expect(
            machine.next(.done, at: .seconds(2))
                == .limits(.ask([LimitQuestion(limit: rate, wanted: 1, unused: 1)]))
        )
    }

    @Test func whatWasAllowedAndNotBegunIsGivenBack() {
        var machine = reading(WorkLimit("bank", perSecond: 100))
        let limit = WorkLimit("bank", perSecond: 100)
        #expect(
            machine.next(delivered(limited, count: 9), at: .zero)
                == .limits(.ask([LimitQuestion(limit: limit, wanted: 9)]))
        )
        _ = machine.next(.allowed([LimitAnswer(allowed: 9, wait: .zero, hasFreeSlot: true)]), at: .zero)
        #expect(machine.next(.done, at: .zero) == .transaction(.handle([slice(limited, 1...9)])))
        // The time to begin them was over.
        _ = machine.next(.handledInPart([limited: 4]), at: .seconds(1))
        _ = machine.next(.done, at: .seconds(1))
        #expect(
            machine.next(.committed, at: .seconds(1))
                == .limits(.ask([LimitQuestion(limit: limit, wanted: 4, unused: 5)]))
        )
    }

    @Test func aRoundWithoutASlotIsRolledBackAndItsEventsComeAgain() {
        var machine = reading(slots)
        #expect(machine.next(delivered(limited, free), at: .zero) == .transaction(.begin))
        #expect(machine.next(.done, at: .zero) == .transaction(.occupy([slots])))
        #expect(machine.next(.occupied([.none]), at: .zero) == .transaction(.rollback))
        #expect(machine.next(.done, at: .zero) == .transaction(.begin))
        #expect(machine.next(.done, at: .zero) == .transaction(.handle([slice(free, 1...3)])), "the others go on")
        #expect(machine.drainNotices().contains(.limited("bank")))
        #expect(!machine.drainNotices().contains { if case .parked = $0 { true } else { false } })
    }

    @Test func whoHadASlotForLongLetsOthersHaveIt() {
        var machine = reading(slots)
        _ = machine.next(delivered(limited), at: .zero)
        _ = machine.next(.done, at: .zero)
        #expect(
            machine.next(.occupied([.taken(isContested: true)]), at: .zero)
                == .transaction(.handle([slice(limited, 1...3)]))
        )
        _ = machine.next(.handledInPart([limited: 1]), at: .seconds(2))
        _ = machine.next(.done, at: .seconds(2))
        let action = machine.next(.committed, at: .seconds(2))
        guard case .streams(.acknowledge) = action else {
            Issue.record("the rest is left to a later round: \(action)")
            return
        }
        #expect(machine.next(.done, at: .seconds(2)) == .streams(.rewind(limited, to: id(1))))
    }

    /// It asked again and again, and each time had given its turn back before the answer came.
    @Test func whatIsSteppedThroughIsReadInItsTurnUnderALimitToo() {
        var settings = WorkerProtocol.Settings()
        settings.limits = ["payments": rate]
        var machine = WorkerProtocol(settings: settings, seed: 7)
        machine.observe(LeaseView(share: 1, claimable: 1, connection: 1))
        let holding = Holding(partition: limited, epoch: Epoch(rawValue: 1), checkpoint: .zero)
        var (now, input, asked) = (Duration.zero, WorkerInput.done, 0)
        for _ in 0..<100 {
            // As one of several workers of a process.
            machine.grantCautionTurn(machine.wantsCautionTurn)
            switch machine.next(input, at: now) {
            case .leases:
                input = .acquired([holding], takeovers: [Takeover(partition: limited, attempted: 2)])
            case .failures(.survey): input = .surveyed([FailureSurvey(partition: limited, revision: 0, heads: [])])
            case .streams(.read): input = delivered(limited, count: 1)
            case .limits:
                asked += 1
                input = .allowed([
                    LimitAnswer(allowed: asked == 1 ? 0 : 1, wait: .milliseconds(50), hasFreeSlot: true)
                ])
            case .wait(let time):
                now += time
                input = .done
            case .failures(.count):
                #expect(asked == 2, "before the first read is handled, and before it is read again")
                return
            default: input = .done
            }
        }
        Issue.record("nothing is tried: it has asked \(asked) times")
    }

    @Test func aWorkerWithoutLimitsAsksNothing() {
        var machine = reading(WorkLimit("bank"))
        #expect(machine.next(delivered(limited, free), at: .zero) == .transaction(.begin))
        #expect(
            machine.next(.done, at: .zero) == .transaction(.handle([slice(limited, 1...3), slice(free, 1...3)]))
        )
    }
}
