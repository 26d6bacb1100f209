import PerchProtocol

/// Statements on failed events.
extension SimulatedPostgres {
    mutating func executeOnFailures(_ command: PostgresCommand, _ session: Int) -> PostgresReply? {
        switch command {
        case .survey(let partitions):
            return .surveys(
                partitions.map { .init(partition: $0, revision: data.revisions[$0], heads: data.heads($0)) }
            )
        case .countAttempts(let attempts):
            for attempt in attempts {
                let key = LockKey.checkpoint(attempt.partition)
                if wouldDeadlock(key, session) { return .refused(.deadlock) }
                guard lock(key, session) else { return nil }
            }
            return .counted(attempts.map { count($0, session) })
        case .countRetry(let partition, let epoch, let key):
            guard let head = data.failed[partition].first(where: { $0.key == key && $0.state != .dead }) else {
                return .counted([1])
            }
            return locking(.failed(partition, head.id.position), session) { database in
                guard database.data.checkpoints[partition].epoch == epoch else { return .counted([nil]) }
                database.write(.countedRetry(partition, head.id.position), session)
                return .counted([head.attempts + 1])
            }
        case .park(let partition, let rows):
            let isNew = { (row: PostgresData.FailedRow) in
                !data.failed[partition].contains { $0.id.position == row.id.position }
            }
            // `ON CONFLICT DO NOTHING`: what lies there stays as it is.
            if sabotage == .parkedAgain, !rows.allSatisfy(isNew) { return .refused(.deadlock) }
            write(.park(partition, rows.filter(isNew)), session)
            return .done
        case .fetch(let partition, let keys, let limit):
            let rows = Array(data.failed[partition].filter { keys.contains($0.key) }.prefix(limit))
            for row in rows {
                let key = LockKey.failed(partition, row.id.position)
                if wouldDeadlock(key, session) { return .refused(.deadlock) }
                guard lock(key, session) else { return nil }
            }
            return .fetched(rows, hasMore: rows.count == limit)
        case .settle(let partition, let resolved, let changed):
            write(.settle(partition, resolved: resolved, changed: changed), session)
            return .done
        case .confirm(let partition, let epoch):
            return locking(.checkpoint(partition), session) { database in
                database.data.checkpoints[partition].epoch == epoch ? .done : .refused(.fenced(partition))
            }
        case .retryDead(let partition):
            let dead = data.failed[partition].filter { $0.state == .dead && $0.event >= 0 }.map(\.id.position)
                .filter { holder(of: .failed(partition, $0)) == nil }
            if !dead.isEmpty { write(.retryDead(partition, dead, now: now), session) }
            return .done
        case .discard(let partition, let position):
            guard holder(of: .failed(partition, position)) == nil,
                data.failed[partition].contains(where: { $0.id.position == position })
            else { return .done }
            write(.discard(partition, position), session)
            return .done
        default: preconditionFailure("\(command) is not about failures")
        }
    }
    private mutating func count(_ attempt: CountedAttempt, _ session: Int) -> Int? {
        let checkpoint = data.checkpoints[attempt.partition]
        let positions = attempt.positions
        guard checkpoint.epoch == attempt.epoch, checkpoint.id.position == positions.lowerBound - 1 else { return nil }
        let isSame = checkpoint.attempted == positions && positions.count == 1
        let count = isSame ? checkpoint.attempts + 1 : 1
        write(.attempt(attempt.partition, positions, count), session)
        return count
    }
}
