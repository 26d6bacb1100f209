/// A partition that the worker holds, and where it is in the protocol. It changes by what has happened to it, and in no other way.
struct HeldPartition: Sendable {
    enum Phase: Hashable, Sendable {
        case rewinding
        /// Rewound after a mismatch: is the next entry there? Nothing is read before, so that the group stays at the
        /// checkpoint, where the relay sees what is needed.
        case looking
        case reading
        /// The next entry is missing: out of the read set until then.
        case missing(until: Duration)
        /// Nearly everything of it fails: out of the read set until then.
        case braked(until: Duration)
    }

    private(set) var holding: Holding
    private(set) var phase = Phase.rewinding
    /// Since when the node of its stream is away.
    private(set) var awaySince: Duration?
    /// Something was wrong with it alone, and it was not read since.
    private(set) var isTroubled = false
    /// Consecutive looks that did not find the next entry.
    private(set) var looks = 0
    /// Which keys are held back; nil: not read yet, nothing is processed before.
    private(set) var book: FailureBook?
    /// Its held events are catching up: it is not read meanwhile, or it would never end.
    private(set) var isDraining = false
    /// The next entry, whose id lies ahead of the clock, and since when it is known.
    private var early: (id: EntryID, since: Duration)?
    /// When it was last certain that nothing past the checkpoint was overlooked.
    private var verifiedAt: Duration
    /// When what is pending at or below the checkpoint was last acknowledged.
    private var sweptAt: Duration

    init(_ holding: Holding, at now: Duration) {
        self.holding = holding
        verifiedAt = now
        sweptAt = now
    }

    var partition: Partition { holding.partition }

    // MARK: What it needs

    /// When it comes back into the read set, where it is out of it.
    var wakesAt: Duration? {
        switch phase {
        case .missing(let until), .braked(let until): until
        case .rewinding, .looking, .reading: nil
        }
    }

    /// Not read yet, or changed by an operator since.
    ///
    /// - Parameter revision: Of the operators' changes, as the heartbeat has last seen it.
    func needsSurvey(at revision: Int64) -> Bool {
        guard let book else { return true }
        return revision > book.revision
    }

    func needsLook(_ now: Duration, every interval: Duration) -> Bool {
        switch phase {
        case .reading: !isDraining && now - verifiedAt >= interval
        case .looking: true
        case .rewinding, .missing, .braked: false
        }
    }

    func needsSweep(_ now: Duration, every interval: Duration) -> Bool {
        phase == .reading && now - sweptAt >= interval
    }

    /// Whether a failed event of its may be tried again.
    func isRetryDue(_ now: Duration) -> Bool { book?.nextDue.map { $0 <= now } ?? false }

    /// Whether its stream's node has been away for so long.
    func isAway(for time: Duration, _ now: Duration) -> Bool { awaySince.map { now - $0 >= time } ?? false }

    func isNext(_ id: EntryID) -> Bool { id.position == holding.checkpoint.position + 1 }

    /// Whether the next entry, whose id lies ahead of the clock, has been known for so long.
    func hasKnown(_ id: EntryID, for patience: Duration, _ now: Duration) -> Bool {
        guard let early, early.id == id else { return false }
        return now - early.since >= patience
    }

    // MARK: What has happened to it

    /// It is set to its checkpoint again.
    mutating func rewind() { phase = .rewinding }

    mutating func wake(_ now: Duration) {
        if let wakesAt, wakesAt <= now { rewind() }
    }

    /// The group is at the checkpoint, and what was pending there is acknowledged.
    mutating func hasRewound(_ now: Duration) {
        awaySince = nil
        phase = looks > 0 ? .looking : .reading
        verifiedAt = now
        sweptAt = now
    }

    mutating func hasSurveyed(_ book: FailureBook) { self.book = book }

    mutating func hasSwept(_ now: Duration) { sweptAt = now }

    /// Nothing past the checkpoint was overlooked.
    mutating func hasVerified(_ now: Duration) {
        verifiedAt = now
        awaySince = nil
    }

    /// What follows the checkpoint came, or is known to be there, or to come.
    mutating func hasFoundNext(_ now: Duration) {
        looks = 0
        isTroubled = false
        awaySince = nil
        verifiedAt = now
        if phase == .looking { phase = .reading }
    }

    /// The next entry's id lies ahead of the clock.
    mutating func hasFoundEarly(_ id: EntryID, _ now: Duration) {
        if early?.id != id { early = (id, now) }
    }

    /// What came is not what follows the checkpoint. The first time a rewind cures it, unless an entry is missing.
    ///
    /// - Returns: Whether this is the first time.
    mutating func hasMismatched() -> Bool {
        guard looks == 0 else { return false }
        looks = 1
        rewind()
        return true
    }

    /// Out of the read set, for what follows the checkpoint was looked for in vain.
    mutating func stand(until then: Duration) {
        looks += 1
        phase = .missing(until: then)
    }

    /// Out of the read set, for something is wrong with it alone.
    mutating func trouble(until then: Duration) {
        isTroubled = true
        stand(until: then)
    }

    /// The node of its stream is away.
    mutating func isAway(at now: Duration) { awaySince = awaySince ?? now }

    /// Out of the read set, for nearly everything of it fails.
    mutating func brake(until then: Duration) { phase = .braked(until: then) }

    /// A round of its has committed.
    ///
    /// - Parameters:
    ///   - book: Where the round has changed it.
    ///   - isCut: More was delivered than was handled.
    mutating func hasCommitted(_ checkpoint: EntryID, book: FailureBook?, isCut: Bool, _ now: Duration) {
        holding.checkpoint = checkpoint
        verifiedAt = now
        if let book { self.book = book }
        if isCut { rewind() }
    }

    /// A retry of its has committed.
    ///
    /// - Parameter isDraining: Whether there is more that may be tried at once.
    mutating func hasRetried(_ book: FailureBook, isDraining: Bool) {
        self.book = book
        self.isDraining = isDraining
    }

    /// What is held is tried one by one from here on, between other things.
    mutating func stopDraining() { isDraining = false }

    /// The keys whose first event is to be tried now, the longest due first.
    mutating func takeDue(_ now: Duration, limit: Int) -> [String] { book?.due(now, limit: limit) ?? [] }
}
