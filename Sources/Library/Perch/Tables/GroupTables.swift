/// What a worker, or a process's heartbeat, asks of its group's database, in typed statements and typed answers.
///
/// Each call blocks its thread. An error says by `FailureTelling` what helps, or is a `RefusedRound`. At most one transaction is
/// open, and at most two are submitted and not answered. Not `Sendable`: it belongs to one thread.
package protocol GroupTables: AnyObject, FailureTelling {
    // MARK: Leases

    /// Says that the worker lives, now that its connections stand.
    func register(_ worker: WorkerID, lease: Duration) throws
    /// Takes the worker's own leases from before, and up to `limit` that no living worker holds.
    func acquire(worker: WorkerID, limit: LeaseShare, keeping: [Partition], lease: Duration) throws -> (
        taken: [Holding], takeovers: [Takeover]
    )
    /// Gives leases back, each only if it is still held under that epoch.
    func release(_ holdings: [Holding], worker: WorkerID) throws

    // MARK: Failed events, outside of a round

    /// The first event of each key that holds it, but for dead letters of the topics that let their keys go.
    func survey(_ partitions: [Partition], lettingGo topics: [TopicName]) throws -> [FailureSurvey]
    /// - Returns: In their order: how often each was attempted, this time included; nil: its epoch is another one.
    func count(_ attempts: [Attempt]) throws -> [Int?]
    /// The same for the first event of a key.
    func countRetry(_ holding: Holding, _ key: String) throws -> Int?

    // MARK: Limits

    /// - Returns: In their order, what each limit allows.
    func ask(_ questions: [LimitQuestion]) throws -> [LimitAnswer]

    // MARK: The round's transaction

    func begin() throws
    /// Takes a slot of each of these, until the transaction ends, and waits for none.
    func occupy(_ limits: [WorkLimit]) throws -> [LimitSlot]
    /// Queued.
    func park(_ events: [(event: Delivery, as: ParkedEvent)]) throws
    /// Locks and reads the events of these keys, in order.
    func fetch(_ partition: Partition, keys: [String], limit: Int) throws -> (
        events: [(event: Delivery, as: ParkedEvent)], hasMore: Bool
    )
    /// Queued.
    func settle(_ settlement: WorkerAction.Settlement) throws
    /// Queued: that it does not hold is known at COMMIT.
    func fence(_ fence: Fence) throws
    /// Queued, as `fence`, where no checkpoint is moved.
    func confirm(_ holding: Holding) throws
    /// - Throws: `RefusedRound` if it did not commit, for sure.
    func commit() throws
    /// Sends COMMIT and does not wait for it.
    func submit() throws
    /// Waits for what became of the oldest transaction that was submitted.
    ///
    /// - Throws: As `commit`.
    func outcome() throws
    func rollback()
}

/// What a process's heartbeat asks of its group's database. On a connection of its own: it goes on while the workers wait for locks.
package protocol HeartbeatTables: AnyObject, FailureTelling {
    /// Admits the group, makes its rows, and writes down what it subscribes to.
    ///
    /// - Returns: How many partitions each topic has in this database.
    func declare(_ group: ConsumerGroup, _ partitions: [Partition]) throws -> [TopicName: Int]
    /// Says that the process's workers whose connections stand live.
    ///
    /// - Returns: By what the tables have to be looked at again: cheap, however many leases there are.
    func beat(_ standing: [WorkerID], lease: Duration) throws -> LeaseBeat
    /// Looks at the tables, for the workers of the process.
    func look(_ workers: [WorkerID], lease: Duration) throws -> LeaseSight
    /// Gives back what workers own and do not know of, each under the epoch that was seen.
    func giveUp(_ leases: [OwnedLease]) throws
    /// The workers have ended.
    func leave(_ workers: [WorkerID]) throws
}

/// What the group's leases and workers were like at a moment: while it stays the same, so does what a look finds.
package struct LeaseMark: Hashable, Sendable {
    /// Raised by whatever changes a lease, its pause, its failed events or the layouts.
    package let revision: Int64
    /// Made of the workers that live. That one's time is over changes nothing else.
    package let living: Int64

    package init(revision: Int64, living: Int64) {
        self.revision = revision
        self.living = living
    }
}

/// What a heartbeat learns as it is made.
package struct LeaseBeat: Hashable, Sendable {
    package let mark: LeaseMark
    /// No worker of the release before is there, each of whose leases has a time of its own.
    package let isSettled: Bool
    /// Milliseconds since 1970, by the database.
    package let clock: Int64

    package init(mark: LeaseMark, isSettled: Bool, clock: Int64) {
        self.mark = mark
        self.isSettled = isSettled
        self.clock = clock
    }
}

/// What a look at the tables has found.
package struct LeaseSight {
    /// Its share and its clock are left to others.
    package var view: LeaseView
    /// The group's living workers.
    package let live: [WorkerID]
    /// The leases in the name of the process's workers, with their epochs.
    package let owned: [OwnedLease]
    /// As it was before the leases were read: newer ones are looked at again.
    package let mark: LeaseMark
    /// Nothing waits for what changes without a new mark.
    package let isSettled: Bool

    package init(view: LeaseView, live: [WorkerID], owned: [OwnedLease], mark: LeaseMark, isSettled: Bool = true) {
        self.view = view
        self.live = live
        self.owned = owned
        self.mark = mark
        self.isSettled = isSettled
    }
}

extension LeaseSight {
    /// How many leases each of these workers should hold that is among the living.
    ///
    /// - Parameter areByTopic: Not while workers of the release before live, which count over all topics.
    func shares(of workers: [WorkerID], areByTopic: Bool) -> [WorkerID: LeaseShare] {
        let ranked = live.sorted()
        let all = Dictionary(grouping: view.epochs.keys, by: \.topic).mapValues(\.count)
        let shared = view.shared.values.reduce(0, +)
        var shares: [WorkerID: LeaseShare] = [:]
        let byTopic = areByTopic ? FairShare.byTopic(ranked.map(\.member), shared: view.shared, all: all) : []
        for (rank, worker) in ranked.enumerated() where workers.contains(worker) {
            shares[worker] =
                areByTopic
                ? .byTopic(byTopic[rank])
                : .whole(FairShare.of(rank: rank, among: ranked.count, partitions: shared))
        }
        return shares
    }
}

/// A lease in a worker's name.
package struct OwnedLease: Hashable, Sendable {
    package let worker: WorkerID
    package let partition: Partition
    package let epoch: Epoch

    package init(worker: WorkerID, partition: Partition, epoch: Epoch) {
        self.worker = worker
        self.partition = partition
        self.epoch = epoch
    }
}
