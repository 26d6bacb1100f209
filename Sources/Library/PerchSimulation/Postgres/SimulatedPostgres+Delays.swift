import PerchProtocol

/// Delayed events: asked for, cancelled, and moved when they are due.
extension SimulatedPostgres {
    mutating func executeOnDelayed(_ command: PostgresCommand, _ session: Int) -> PostgresReply? {
        switch command {
        case .insertDelayed(let event, let key, let partition, let due):
            guard due > milliseconds else { return execute(.insertOutbox(event: event, partition: partition), session) }
            let row = outboxRow(event, partition, session)
            let delayed = PostgresData.DelayedRow(
                sequence: row.sequence,
                event: event,
                key: key,
                partition: partition,
                due: due,
                isChecked: row.isChecked
            )
            write(.delay(delayed), session)
            return .done
        case .cancelDelayed(let event):
            return locking(.delayed(event: event), session) { database in
                if database.data.delayed.contains(where: { $0.event == event }) {
                    database.write(.cancel(event: event), session)
                }
                return .done
            }
        case .moveDue(let limit):
            moveDue(limit, session)
            return .done
        default: preconditionFailure("\(command) is not of delayed events")
        }
    }

    /// The outbox as the session's statements see it: with what its own transaction has moved.
    func outbox(_ session: Int) -> [PostgresData.OutboxRow] { data.outbox + moves(session).flatMap(\.places) }

    func isDue(_ session: Int) -> Bool {
        let own = Set(moves(session).flatMap(\.rows).map(\.event))
        return data.delayed.contains { $0.due <= timeOfDue && !own.contains($0.event) }
    }

    private var timeOfDue: Int64 { sabotage == .dueByClockOnceSeen ? latest : milliseconds }

    private func moves(_ session: Int) -> [PostgresData.DueMove] {
        (sessions[session].transaction?.writes ?? []).compactMap { if case .move(let move) = $0 { move } else { nil } }
    }

    /// As `perch.move_due`.
    private mutating func moveDue(_ limit: Int, _ session: Int) {
        let isAlone = sabotage != .dueMovedByAll
        if isAlone {
            guard holder(of: .mover) == nil || holder(of: .mover) == session else { return }
            _ = lock(.mover, session)
        }
        let due = data.delayed.filter { $0.due <= timeOfDue }.sorted { first, second in
            sabotage == .dueInOrderOfAsking ? first.sequence < second.sequence : first.isDueBefore(second)
        }
        func isFree(_ row: PostgresData.DelayedRow) -> Bool {
            [nil, session].contains(holder(of: .delayed(event: row.event)))
        }
        let free = due.filter(isFree)
        let locked = due.filter { !isFree($0) }
        let overtakes = sabotage == .dueOvertakesCancelled || !isAlone
        let movable = free.filter { row in
            overtakes || !locked.contains { $0.key == row.key && $0.isDueBefore(row) }
        }
        let rows = Array(movable.prefix(limit))
        guard let last = rows.last else { return }
        // What it has looked at and cannot move it keeps locked, too.
        for row in free where !last.isDueBefore(row) { _ = lock(.delayed(event: row.event), session) }
        let move = PostgresData.DueMove(
            rows: rows,
            places: rows.map { outboxRow($0.event, $0.partition, session) },
            moment: moment,
            milliseconds: milliseconds,
            deletes: sabotage != .dueGivenTwice,
            inserts: sabotage != .dueLost
        )
        write(.move(move), session)
    }
}
