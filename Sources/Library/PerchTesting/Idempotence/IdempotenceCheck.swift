import Perch
import Postgres

/// Runs a group's events once without a cut, then with each, and compares.
final class IdempotenceCheck {
    private let group: ConsumerGroup
    private let deliveries: [Delivery]
    private let copies: DatabaseCopies
    private var mask: ColumnMask
    /// What was there after each event, without any cut.
    private var straight: [DatabaseSnapshot] = []

    init(group: ConsumerGroup, deliveries: [Delivery], copies: DatabaseCopies, ignored: Set<String>) {
        self.group = group
        self.deliveries = deliveries
        self.copies = copies
        mask = ColumnMask(names: ignored)
    }

    func run() throws {
        straight = try runStraight()
        try learnDrawnColumns()
        try eachByItself(.crashBeforeCommit) { run, event in
            try run.abandon(event)
            try run.deliver([event])
        }
        try eachByItself(.crashAfterCommit) { run, event in
            try run.deliver([event])
            try run.reconnect()
            try run.deliver([event])
        }
        try eachByItself(.secondEntry) { run, event in try run.deliver([event, secondEntry(of: event)]) }
        try replayEach()
        try inOtherOrderOfKeys()
        try inOneRound()
    }

    // MARK: Without a cut

    private func runStraight() throws -> [DatabaseSnapshot] {
        try copies.withCopy { configuration in
            let run = try HandlerRun(group: group, in: copies, configuration)
            return try deliveries.enumerated().map { index, event in
                do {
                    try run.deliver([event])
                } catch {
                    throw UncheckableHandlers(
                        group: group.name,
                        reason: "\(name(index)) fails without any cut: \(error)"
                    )
                }
                return try run.snapshot()
            }
        }
    }

    /// What differs between two runs that are the same is drawn, from the clock or at random, and says nothing.
    private func learnDrawnColumns() throws {
        guard let first = straight.last, let second = try runStraight().last else { return }
        if let table = mask.learn(first, second) {
            throw UncheckableHandlers(
                group: group.name,
                reason: "two runs without any cut leave other numbers of rows in table \(table)"
            )
        }
    }

    // MARK: Cuts

    private func eachByItself(_ cut: DeliveryCut, _ deliver: (HandlerRun, Delivery) throws -> Void) throws {
        try copies.withCopy { configuration in
            let run = try HandlerRun(group: group, in: copies, configuration)
            for (index, event) in deliveries.enumerated() {
                try attempt(cut, at: index) { try deliver(run, event) }
                try compare(try run.snapshot(), with: index, cut, event: name(index))
            }
        }
    }

    private func replayEach() throws {
        try copies.withCopy { configuration in
            let run = try HandlerRun(group: group, in: copies, configuration)
            for (index, event) in deliveries.enumerated() {
                try attempt(.replay, at: index) { try run.deliver([event]) }
            }
            for (index, event) in deliveries.enumerated() {
                try attempt(.replay, at: index) { try run.deliver([event]) }
                try compare(try run.snapshot(), with: deliveries.count - 1, .replay, event: name(index))
            }
        }
    }

    private func inOtherOrderOfKeys() throws {
        var keys: [String] = []
        for event in deliveries where !keys.contains(event.subject) { keys.append(event.subject) }
        let byKey = keys.reversed().map { key in deliveries.filter { $0.subject == key } }
        try copies.withCopy { configuration in
            let run = try HandlerRun(group: group, in: copies, configuration)
            try run.deliverAll(byKey) { error in failure(.otherOrderOfKeys, nil, "a handler has thrown: \(error)") }
            try compare(try run.snapshot(), with: deliveries.count - 1, .otherOrderOfKeys, event: nil)
        }
    }

    private func inOneRound() throws {
        try copies.withCopy { configuration in
            let run = try HandlerRun(group: group, in: copies, configuration)
            do {
                try run.deliver(deliveries)
            } catch {
                throw failure(.oneRound, nil, "a handler has thrown: \(error)")
            }
            try compare(try run.snapshot(), with: deliveries.count - 1, .oneRound, event: nil)
        }
    }

    // MARK: Comparing

    private func compare(_ found: DatabaseSnapshot, with index: Int, _ cut: DeliveryCut, event: String?) throws {
        guard mask.difference(from: straight[index], to: found) != nil else { return }
        // A clock that has ticked meanwhile has ticked for a run without cuts, too.
        try learnDrawnColumns()
        guard let difference = mask.difference(from: straight[index], to: found) else { return }
        throw failure(cut, event, difference)
    }

    private func attempt(_ cut: DeliveryCut, at index: Int, _ body: () throws -> Void) throws {
        do {
            try body()
        } catch {
            throw failure(cut, name(index), "its handler has thrown: \(error)")
        }
    }

    private func failure(_ cut: DeliveryCut, _ event: String?, _ difference: String) -> NotIdempotent {
        NotIdempotent(group: group.name, cut: cut, event: event, difference: difference)
    }

    private func name(_ index: Int) -> String {
        let event = deliveries[index]
        return "\(event.type) of key \(event.subject) (event \(index + 1) of \(deliveries.count))"
    }

    /// Further on in the partition: where does not matter to handlers.
    private func secondEntry(of event: Delivery) -> Delivery {
        let position = event.entryID.position + 1_000_000
        let id = EntryID(milliseconds: event.entryID.milliseconds + 1_000_000, position: position)
        return Delivery(partition: event.partition, entryID: id, envelope: event.envelope)
    }
}
