import Perch
import PerchProtocol
import Postgres

/// What a run of Perch's own loops has beside one of the bare machines.
extension Simulation {
    /// The mistake that the sabotage puts back.
    var mistakes: Mistakes {
        switch sabotage {
        case .widthNotChecked?: .widthNotChecked
        case .trimsOneSlice?: .trimsOneSlice
        case .errorBehindRefusalEndsConnection?: .errorBehindRefusalEndsConnection
        default: []
        }
    }

    /// Whether one relay is active and the others stand by. In every other run all are active, which has to be as safe.
    var electsRelay: Bool { seed % 2 == 0 || sabotage == .frozenRelayLeads }

    /// Whether a relay stands by.
    func hasOtherRelay(than process: Int) -> Bool {
        guard electsRelay else { return false }
        return processes.indices.contains { other in
            guard other != process, case .relay = processes[other].kind else { return false }
            return processes[other].state == .running
        }
    }

    /// What the loops of a process share, while it lives.
    func memory(of process: Int) -> ProcessMemory {
        if let present = memories[process] { return present }
        let made = ProcessMemory()
        memories[process] = made
        return made
    }

    func workers(of process: Int) -> [WorkerShell] {
        processes[process].actors.compactMap { actors[$0] as? WorkerShell }
    }

    func makeTopic() -> TopicContract {
        let keeps = scenario.retention >= .seconds(3600)
        return TopicContract(
            name: "t",
            owner: EventContents.source,
            key: "key",
            partitions: scenario.partitions,
            retention: Retention(age: keeps ? nil : .microseconds(scenario.retention), entries: nil),
            archive: Archive(age: scenario.dropsLog ? .microseconds(scenario.retention) : nil),
            groups: (0..<scenario.groups).map(ShellActor.groupName),
            events: []
        )
    }

    /// Handlers are the simulation's own; of the group it is the name, the topic and how failures are retried that matter.
    func consumerGroup(_ group: Int) -> ConsumerGroup {
        ConsumerGroup(
            name: ShellActor.groupName(group),
            subscriptions: [
                Subscription(
                    topic: "t",
                    batch: SimulatedHandler(),
                    retryPolicy: WorkerActor.policy,
                    limit: scenario.limit
                )
            ]
        )
    }

    /// Whether the process's loops are to begin nothing more.
    func tellToStop(_ process: Int) { memory(of: process).isToldToStop = true }
}

/// Never called: `SimulatedDispatch` stands in its place.
private struct SimulatedHandler: BatchHandler {
    let types = [EventContents.type]

    func handle(_ batch: [Delivery], in tx: borrowing Transaction) throws {}
}
