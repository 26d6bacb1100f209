import Perch
import PerchProtocol

/// Handlers that write what they were given, and fail as the run has it.
struct SimulatedDispatch: EventDispatch {
    func handle(
        _ slices: [DeliveredSlice],
        in tables: SimulatedGroupTables,
        by deadlines: [TopicName: Duration]
    ) throws -> HandledSlices {
        let actor = tables.actor
        let simulation = actor.simulation
        var handled = HandledSlices()
        if let problem = slices.flatMap(\.deliveries).compactMap(\.problem).first {
            throw RefusedRound(.handler(reason: problem), SimulatedLoss())
        }
        simulation.begin(slices.reduce(0) { $0 + $1.deliveries.count }, of: actor.group)
        for slice in slices {
            if simulation.isFaulty {
                if simulation.random.chance(perMille: simulation.scenario.failingHandlers) {
                    throw RefusedRound(.handler(reason: "by chance"), SimulatedLoss())
                }
                if simulation.random.chance(perMille: simulation.scenario.conflicts) {
                    throw RefusedRound(.conflict, SimulatedLoss())
                }
            }
            var events = slice.deliveries
            guard !events.isEmpty else { continue }
            // It is told to stop between two of them.
            let isLast = actor.memory.isToldToStop && simulation.random.chance(perMille: 700)
            if isLast { events = Array(events.prefix(simulation.random.between(1, events.count))) }
            for event in events {
                switch simulation.failure(EventContents.event(of: event.id), actor.group) {
                case .failed(let failure)?: throw RefusedRound(.handler(reason: failure.reason), SimulatedLoss())
                case .killed?: try die(of: event, actor)
                case nil: break
                }
            }
            try tables.perform(
                .insertEffects(events[0].partition.number.rawValue, events.map { effect($0, simulation) })
            )
            handled.note(slice, endedAt: isLast ? events.last?.entryID.position : nil)
            if isLast {
                handled.isCutShort = true
                break
            }
        }
        return handled
    }

    func attempt(_ event: Delivery, in tables: SimulatedGroupTables, _ tally: inout RoundTally) throws -> AttemptOutcome
    {
        let actor = tables.actor
        let simulation = actor.simulation
        simulation.begin(1, of: actor.group)
        if let problem = event.problem { return .failed(EventFailure(.rejected, problem)) }
        if simulation.isFaulty, simulation.random.chance(perMille: simulation.scenario.conflicts) {
            throw RefusedRound(.conflict, SimulatedLoss())
        }
        let insert = PostgresCommand.insertEffects(event.partition.number.rawValue, [effect(event, simulation)])
        switch simulation.failure(EventContents.event(of: event.id), actor.group) {
        case nil:
            try tables.perform(.savepoint, insert)
            return .stands
        case .failed(let failure)?:
            try tables.perform(.savepoint, insert, .rollbackToSavepoint)
            return .failed(failure)
        case .killed?:
            try die(of: event, actor)
            return .skipped
        }
    }

    private func effect(_ event: Delivery, _ simulation: Simulation) -> PostgresData.Effect {
        let number = EventContents.event(of: event.id)
        return .init(id: event.entryID, event: number, key: number >= 0 ? simulation.events[number] : -1)
    }

    private func die(of event: Delivery, _ actor: ShellActor) throws {
        actor.killedBy = EventContents.event(of: event.id)
        throw ProcessDied()
    }
}
