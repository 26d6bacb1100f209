import PerchProtocol

/// What `perch.delayed_events` has, and how it is moved.
extension PostgresData {
    struct DelayedRow {
        let sequence: Int
        let event: Int
        let key: Int
        let partition: Int
        /// Milliseconds, by the clock of the server.
        let due: Int64
        let isChecked: Bool
        /// When it was committed, as `SimulatedPostgres.moment` counts.
        var committed = 0

        func isDueBefore(_ other: DelayedRow) -> Bool { (due, sequence) < (other.due, other.sequence) }
    }

    /// Rows that one statement moves into the outbox.
    struct DueMove {
        let rows: [DelayedRow]
        let places: [OutboxRow]
        /// When it was executed, and what time it was.
        let moment: Int
        let milliseconds: Int64
        /// What sabotages leave out.
        var deletes = true
        var inserts = true
    }

    mutating func apply(_ move: DueMove) {
        for (row, place) in zip(move.rows, move.places) where delayed.contains(where: { $0.event == row.event }) {
            if move.inserts { outbox.append(place) }
            if move.deletes { delayed.removeAll { $0.event == row.event } }
        }
    }

    /// What is wrong with it, before it is applied: one that is early, one that was moved before, or one that has left behind what
    /// its key has before it.
    func problem(of move: DueMove) -> String? {
        if let early = move.rows.first(where: { $0.due > move.milliseconds }) {
            return "event \(early.event) was moved at \(move.milliseconds), due at \(early.due)"
        }
        for (index, row) in move.rows.enumerated() {
            let isThere =
                outbox.contains { $0.event == row.event } || log[row.partition].contains { $0.event == row.event }
            if isThere { return "event \(row.event) was moved a second time" }
            let before = delayed.first { other in
                other.key == row.key && other.isDueBefore(row) && other.committed < move.moment
                    && !move.rows[..<index].contains { $0.event == other.event }
            }
            if let before {
                return "event \(row.event) was moved before \(before.event), which is due before it in its key"
            }
        }
        return nil
    }
}
