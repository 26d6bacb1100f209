import PerchProtocol

/// What a limit allows at the moment.
struct LimitState {
    var limit: WorkLimit?
    /// Nil: nobody has asked yet.
    var allowed: Double?
    var countedAt: Int64 = 0
    var waitedUntil: Int64 = 0
}

/// Statements on limits, as `perch.ask_limit` and the lock of a slot's row.
extension SimulatedPostgres {
    mutating func ask(_ question: LimitQuestion, _ group: Int, _ session: Int) -> LimitAnswer {
        let limit = question.limit
        let isFree = freeSlot(limit, group, session) != nil
        var state = limits[group]
        let rate = limit.perSecond ?? 0
        let since = Double(now - state.countedAt) / 1e6
        let present = min(
            Double(limit.burst),
            (state.allowed ?? Double(limit.burst)) + since * rate + Double(question.unused)
        )
        var allowed = 0
        var wait = 0.0
        if limit.perSecond != nil, isFree {
            allowed = min(question.wanted, Int(present + 1e-6))
            if sabotage == .limitNotCounted { allowed = question.wanted }
            if allowed == 0 {
                wait = (min(Double(min(question.wanted, limit.burst)), max(1, rate / 10)) - present) / rate
            }
        }
        state.limit = limit
        state.allowed = max(0, present - Double(allowed))
        state.countedAt = now
        if !isFree || allowed < question.wanted { state.waitedUntil = now + Int64(wait * 1e6) + 500_000 }
        limits[group] = state
        return LimitAnswer(allowed: allowed, wait: .microseconds(Int64(wait * 1e6)), hasFreeSlot: isFree)
    }

    mutating func occupy(_ limit: WorkLimit, _ group: Int, _ session: Int) -> LimitSlot {
        limits[group].limit = limit
        guard let slot = freeSlot(limit, group, session) else { return .none }
        if sabotage != .slotNotTaken { _ = lock(.slot(group: group, slot), session) }
        return .taken(isContested: limits[group].waitedUntil > now)
    }

    private func freeSlot(_ limit: WorkLimit, _ group: Int, _ session: Int) -> Int? {
        guard let count = limit.atATime else { return 0 }
        return (1...count).first { holder(of: .slot(group: group, $0)) == nil }
    }

    /// That events of a group are not handled by more workers at a time than its limit has slots.
    mutating func checkSlots(_ group: Int, _ session: Int) {
        guard let count = limits[group].limit?.atATime else { return }
        let busy = sessions.indices.count { index in
            // One that has failed has given its slot back, and nothing of it comes to be.
            guard index != session, let transaction = sessions[index].transaction, !transaction.isFailed else {
                return false
            }
            return transaction.writes.contains { write in
                if case .effects(let row, _) = write { row / partitions == group } else { false }
            }
        }
        guard busy >= count else { return }
        outputs.append(
            .wrong("group \(group): \(busy + 1) workers are within handlers, and the limit has \(count) slots")
        )
    }
}
