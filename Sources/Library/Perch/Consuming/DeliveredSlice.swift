import PerchProtocol

/// Events of one topic that a round handles, in order: rows of what a read has delivered, or any others.
///
/// Rows are not made into deliveries before one is asked for: each counts a reference.
package struct DeliveredSlice {
    private enum Events {
        case rows(DeliveredEntries, Range<Int>)
        case list([Delivery])
    }

    private let events: Events

    package init(_ deliveries: [Delivery]) { events = .list(deliveries) }

    init(_ entries: DeliveredEntries, _ rows: Range<Int>) { events = .rows(entries, rows) }

    var count: Int {
        switch events {
        case .rows(_, let rows): rows.count
        case .list(let deliveries): deliveries.count
        }
    }

    var first: Delivery? {
        switch events {
        case .rows(let entries, let rows): rows.first.map { Delivery(entries, $0) }
        case .list(let deliveries): deliveries.first
        }
    }

    var last: Delivery? {
        switch events {
        case .rows(let entries, let rows): rows.last.map { Delivery(entries, $0) }
        case .list(let deliveries): deliveries.last
        }
    }

    /// All of them.
    package var deliveries: [Delivery] { filtered { _ in true } }

    /// The first of them that cannot be read: mostly there is none, and none is looked at.
    var firstWithProblem: Delivery? {
        switch events {
        case .rows(let entries, let rows):
            guard entries.hasProblems else { return nil }
            return rows.first { entries.rows[$0].attributes.problem != nil }.map { Delivery(entries, $0) }
        case .list(let deliveries): return deliveries.first { $0.problem != nil }
        }
    }

    /// Without the events at these positions.
    func without(_ positions: Set<Position>) -> DeliveredSlice {
        positions.isEmpty ? self : DeliveredSlice(filtered { !positions.contains($0.entryID.position) })
    }

    /// Appends the events of these types.
    func append(ofTypes types: Set<EventType>, to events: inout [Delivery]) {
        switch self.events {
        case .rows(let entries, let rows):
            let isWanted = entries.kinds.map { types.contains($0.type) }
            // All of a read are mostly of types that are wanted: then none is looked at.
            let isAll = isWanted.allSatisfy(\.self)
            for row in rows where isAll || isWanted[entries.rows[row].attributes.kind] {
                events.append(Delivery(entries, row))
            }
        case .list(let deliveries):
            events += deliveries.lazy.filter { types.contains($0.type) }
        }
    }

    /// How far `forEach` came.
    struct Passed {
        /// How many events there was a value for.
        var handled = 0
        /// How many were passed, those without a value included.
        var count = 0
        /// The last position, where it was ended before all were passed.
        var endedAt: Position?
    }

    /// Calls the body with each event that there is a value for by its type, and this value. It is looked up once for all
    /// of a read.
    ///
    /// - Parameter isOver: Asked after each call of the body: whether to end there.
    func forEach<Value>(
        _ values: [EventType: Value],
        until isOver: () -> Bool,
        _ body: (Delivery, Value) throws -> Void
    ) rethrows -> Passed {
        var passed = Passed()
        switch events {
        case .rows(let entries, let rows):
            let byKind = entries.kinds.map { values[$0.type] }
            // One delivery for all, moved from row to row: no reference is counted for each.
            var delivery = Delivery(entries, rows.lowerBound)
            for row in rows {
                passed.count += 1
                guard let value = byKind[entries.rows[row].attributes.kind] else { continue }
                delivery.index = row
                try body(delivery, value)
                passed.handled += 1
                if isOver() {
                    passed.endedAt = delivery.entryID.position
                    return passed
                }
            }
        case .list(let deliveries):
            for delivery in deliveries {
                passed.count += 1
                guard let value = values[delivery.type] else { continue }
                try body(delivery, value)
                passed.handled += 1
                if isOver() {
                    passed.endedAt = delivery.entryID.position
                    return passed
                }
            }
        }
        return passed
    }

    private func filtered(_ isIncluded: (Delivery) -> Bool) -> [Delivery] {
        switch events {
        case .rows(let entries, let rows): rows.map { Delivery(entries, $0) }.filter(isIncluded)
        case .list(let deliveries): deliveries.filter(isIncluded)
        }
    }
}
