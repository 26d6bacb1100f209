import PerchProtocol
import Testing

/// A worker that alone does not reach the node of a partition's stream gives its lease to one that may.
struct AwayPartitionTests {
    let near = Partition("tickets", 0)
    let far = Partition("tickets", 1)

    /// A worker of two partitions, whose node of `far` may be away.
    private struct Drive {
        var machine: WorkerProtocol
        var now = Duration.zero
        var away: Set<Partition> = []
        /// What it is given when it asks.
        var free: Set<Partition>
        var share = 2
        var workers = 2
        var input = WorkerInput.done
        var epoch: Int64 = 0
        /// What it took and gave back, and when.
        var taken: [(Partition, Duration)] = []
        var released: [(Partition, Duration)] = []
        var notices: [WorkerNotice] = []

        init(_ partitions: [Partition], _ change: (inout WorkerProtocol.Settings) -> Void = { _ in }) {
            var settings = WorkerProtocol.Settings()
            change(&settings)
            machine = WorkerProtocol(settings: settings, seed: 7)
            free = Set(partitions)
        }

        /// What another worker of the process has left.
        var left: [Partition: Duration] = [:]

        private func view() -> LeaseView {
            var view = LeaseView(
                share: .byTopic(["tickets": share]),
                claimable: .byTopic(["tickets": free.count]),
                free: free,
                workers: workers,
                connection: 1
            )
            view.left = left
            return view
        }

        mutating func run(until end: Duration) {
            while now < end { step() }
        }

        private mutating func step() {
            machine.observe(view())
            let action = machine.next(input, at: now)
            notices += machine.drainNotices()
            input = .done
            switch action {
            case .leases(.acquire(let limit, let keeping)):
                // A step takes some time.
                now += .milliseconds(1)
                let found = free.subtracting(keeping).sorted().prefix(limit.total)
                free.subtract(found)
                epoch += 1
                taken += found.map { ($0, now) }
                input = .acquired(
                    found.map { Holding(partition: $0, epoch: Epoch(rawValue: epoch), checkpoint: .zero) }
                )
            case .leases(.release(let holdings)):
                free.formUnion(holdings.map(\.partition))
                released += holdings.map { ($0.partition, now) }
            case .failures(.survey(let holdings)):
                input = .surveyed(
                    holdings.map { FailureSurvey(partition: $0.partition, revision: 0, heads: []) }
                )
            case .streams(.rewind(let partition, _)): if away.contains(partition) { input = .away }
            case .streams(.read(let partitions, _, let block)):
                let unread = partitions.filter(away.contains)
                if unread.isEmpty { now += block }
                input = .delivered([], unread: Dictionary(uniqueKeysWithValues: unread.map { ($0, .away) }))
            case .streams(.peek(let holdings)):
                input = .peeked(holdings.map { away.contains($0.partition) ? .unread(.away) : .nothing })
            case .wait(let time): now += time
            case .streams, .failures, .limits, .transaction, .disconnect, .stop: break
            }
        }
    }

    @Test func afterAWhileItsLeaseIsLeftToOthersAndTheOtherPartitionsStay() {
        var drive = Drive([near, far])
        drive.run(until: .seconds(5))
        drive.away = [far]
        drive.run(until: .seconds(34))
        #expect(drive.released.isEmpty, "a failover takes a while")
        drive.run(until: .seconds(40))
        #expect(drive.released.map(\.0) == [far])
        #expect(drive.notices.contains { if case .leftToOthers(far, _) = $0 { true } else { false } })
        // Somebody takes it, and it comes free again much later.
        drive.free = []
        drive.run(until: .seconds(80))
        drive.free = [far]
        drive.run(until: .seconds(88))
        #expect(drive.taken.map(\.0) == [near, far], "it is left to others for a minute")
        #expect(drive.machine.holdings.map(\.partition) == [near])
        drive.run(until: .seconds(103))
        #expect(drive.taken.map(\.0) == [near, far, far])
    }

    @Test func whatNobodyTakesIsTakenAgainAfterAWhile() {
        var drive = Drive([near, far])
        drive.away = [far]
        drive.run(until: .seconds(32))
        #expect(drive.released.map(\.0) == [far])
        drive.run(until: .seconds(39))
        #expect(drive.taken.count == 2)
        drive.run(until: .seconds(45))
        #expect(drive.taken.map(\.0) == [near, far, far], "ten seconds are enough for others")
        // For ever so: no more than each half minute.
        drive.run(until: .seconds(600))
        #expect(drive.released.count > 5 && drive.released.count <= 20, "\(drive.released)")
    }

    @Test func whatAnotherWorkerOfTheProcessDoesNotReachIsLeftToOtherProcesses() {
        var drive = Drive([near])
        drive.run(until: .seconds(1))
        drive.left = [far: .seconds(61)]
        drive.free = [far]
        drive.run(until: .seconds(10))
        #expect(drive.taken.map(\.0) == [near])
        drive.run(until: .seconds(13))
        #expect(drive.taken.map(\.0) == [near, far], "unless they leave it too")
    }

    @Test func whoeverIsAloneKeepsIt() {
        var drive = Drive([near, far])
        drive.workers = 1
        drive.away = [far]
        drive.run(until: .seconds(300))
        #expect(drive.released.isEmpty && drive.machine.holdings.map(\.partition) == [near, far])
    }

    @Test func whatIsReachedNowAndThenStays() {
        var drive = Drive([near, far])
        for round in 1...12 {
            drive.away = [far]
            drive.run(until: .seconds(round * 25 - 5))
            drive.away = []
            drive.run(until: .seconds(round * 25))
        }
        #expect(drive.released.isEmpty)
    }

    @Test func aLeaseThatNobodyTakesIsTakenBeyondTheShareAndKeptBeforeOthers() {
        var drive = Drive([near])
        drive.share = 1
        drive.run(until: .seconds(2))
        drive.free = [far]
        drive.run(until: .seconds(6))
        #expect(drive.taken.map(\.0) == [near], "who lacks one is to have it")
        drive.run(until: .seconds(9))
        #expect(drive.taken.map(\.0) == [near, far])
        drive.run(until: .seconds(60))
        #expect(drive.released.isEmpty, "else it would lie free again")
        drive.run(until: .seconds(80))
        #expect(drive.released.map(\.0) == [near], "what others may well reach")
    }
}
