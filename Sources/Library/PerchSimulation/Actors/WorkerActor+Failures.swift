import PerchProtocol

/// The worker's actions on failed events.
extension WorkerActor {
    static let policy: RetryPolicy = {
        var policy = RetryPolicy()
        policy.attempts = 3
        policy.firstDelay = .milliseconds(100)
        policy.cap = .seconds(1)
        return policy
    }()

    func key(_ event: Int) -> String { event >= 0 ? String(simulation.events[event]) : "foreign" }

    func effect(_ entry: Entry) -> PostgresData.Effect {
        .init(id: entry.id, event: entry.event, key: entry.event >= 0 ? simulation.events[entry.event] : -1)
    }

    func perform(_ action: WorkerAction.Failures) {
        switch action {
        case .survey(let holdings):
            stage = .surveying
            send(.survey(holdings.map(\.partition.number.rawValue)), to: database)
        case .count(let attempts):
            if simulation.sabotage == .attemptsNotCounted { return advance(.counted(attempts.map { _ in 1 })) }
            stage = .counting
            send(
                .countAttempts(
                    attempts.map {
                        CountedAttempt(
                            partition: $0.holding.partition.number.rawValue,
                            epoch: $0.holding.epoch,
                            positions: $0.first...$0.last
                        )
                    }
                ),
                to: database
            )
        case .countRetry(let holding, let key):
            stage = .counting
            send(.countRetry(holding.partition.number.rawValue, holding.epoch, key: Int(key) ?? -1), to: database)
        }
    }

    func attempt(_ entry: Entry, of partition: Int) {
        if simulation.isFaulty, simulation.random.chance(perMille: simulation.scenario.conflicts) {
            stage = .simple
            return advance(.refused(.conflict))
        }
        let insert = PostgresCommand.insertEffects(partition, [effect(entry)])
        switch simulation.failure(entry.event, group) {
        case nil:
            stage = .attempting(nil)
            send(.savepoint, insert, to: database)
        case .failed(let failure)?:
            stage = .attempting(failure)
            send(.savepoint, insert, .rollbackToSavepoint, to: database)
        case .killed?: simulation.kill(process, by: entry.event, group)
        }
    }

    /// All or nothing, as a round.
    func retryAll(of partition: Int) {
        let rows = fetched.sorted { $0.id.position < $1.id.position }
        if isQuiet, simulation.random.chance(perMille: 700), !rows.isEmpty {
            return retrySome(rows.prefix(simulation.random.between(1, rows.count)), of: partition)
        }
        for row in fetched {
            switch simulation.failure(row.event, group) {
            case .failed(let failure)?: return advance(.refused(.handler(reason: failure.reason)))
            case .killed?: return simulation.kill(process, by: row.event, group)
            case nil: break
            }
        }
        stage = .attempting(nil)
        send(.insertEffects(partition, fetched.map { effect(Entry(id: $0.id, event: $0.event)) }), to: database)
    }

    /// As many as were handled when the worker heard that it is to stop.
    private func retrySome(_ rows: ArraySlice<PostgresData.FailedRow>, of partition: Int) {
        guard let last = rows.last?.id.position else { return }
        for row in rows {
            switch simulation.failure(row.event, group) {
            case .failed(let failure)?: return advance(.refused(.handler(reason: failure.reason)))
            case .killed?: return simulation.kill(process, by: row.event, group)
            case nil: break
            }
        }
        stage = .handlingLast([simulation.partitions[partition]: last])
        send(.insertEffects(partition, rows.map { effect(Entry(id: $0.id, event: $0.event)) }), to: database)
    }

    func park(_ parkings: [WorkerAction.Parking]) {
        stage = .simple
        let commands = parkings.map { parking in
            let partition = parking.partition.number.rawValue
            return PostgresCommand.park(
                partition,
                parking.events.compactMap { event in
                    atHand(partition, event.position).map { row(event, $0.id, $0.event) }
                }
            )
        }
        switch simulation.sabotage {
        case .parkedOutsideTransaction:
            parkedLater = commands
            advance(.done)
        case .followersNotHeld:
            // Handled at once, whatever waits before it.
            let effects = parkings.map { parking in
                let positions = parking.events.filter { $0.state == .held }.map(\.position)
                let partition = parking.partition.number.rawValue
                return PostgresCommand.insertEffects(
                    partition,
                    positions.compactMap { atHand(partition, $0) }.map(effect)
                )
            }
            let rest = commands.map { command in
                guard case .park(let partition, let rows) = command else { return command }
                return .park(partition, rows.filter { $0.state != .held })
            }
            simulation.send(effects + rest, to: database, from: self)
        default: simulation.send(commands, to: database, from: self)
        }
    }

    private func row(_ event: ParkedEvent, _ id: EntryID, _ number: Int) -> PostgresData.FailedRow {
        PostgresData.FailedRow(
            id: id,
            event: number,
            key: simulation.events[number],
            state: event.state,
            attempts: event.attempts,
            waits: event.waits,
            due: simulation.now + event.delay.virtual
        )
    }

    func settle(_ settlement: WorkerAction.Settlement) {
        stage = .settling
        let changed = settlement.changed.compactMap { event -> PostgresData.FailedRow? in
            guard let before = fetched.first(where: { $0.id.position == event.position }) else { return nil }
            var row = row(event, before.id, before.event)
            if simulation.sabotage == .attemptsLost {
                row.attempts = before.attempts
                row.state = .failed
            }
            return row
        }
        send(
            .settle(settlement.partition.number.rawValue, resolved: settlement.resolved, changed: changed),
            to: database
        )
    }

    func resumeOnFailures(_ last: PostgresReply) {
        switch (stage, last) {
        case (.confirming(let partition), .refused(let refusal)): refused(refusal, partition)
        case (_, .refused(let refusal)): refused(refusal, nil)
        case (.surveying, .surveys(let surveys)):
            advance(
                .surveyed(
                    surveys.map { survey in
                        FailureSurvey(
                            partition: simulation.partitions[survey.partition % simulation.partitions.count],
                            revision: survey.revision,
                            heads: survey.heads.map {
                                .init(
                                    key: String($0.key),
                                    due: $0.state == .dead
                                        ? nil : .microseconds($0.state == .held ? 0 : $0.due - simulation.now)
                                )
                            }
                        )
                    }
                )
            )
        case (.counting, .counted(let counts)): advance(.counted(counts))
        case (.attempting(let failure), _): advance(failure.map { .eventFailed($0) } ?? .done)
        case (.fetching, .fetched(let rows, let hasMore)):
            fetched = rows
            advance(
                .fetched(
                    rows.map {
                        ParkedEvent(
                            position: $0.id.position,
                            key: String($0.key),
                            state: $0.state,
                            attempts: $0.attempts,
                            waits: $0.waits
                        )
                    },
                    hasMore: hasMore
                )
            )
        case (.settling, _), (.confirming, _): advance(.done)
        default: advance(.failed)
        }
    }
}
