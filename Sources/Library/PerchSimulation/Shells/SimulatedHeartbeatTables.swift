import Perch
import PerchProtocol

/// The heartbeat's tables on the simulated Postgres.
final class SimulatedHeartbeatTables: HeartbeatTables {
    private unowned(unsafe) let actor: ShellActor

    init(of actor: ShellActor) { self.actor = actor }

    deinit { actor.dropPostgres() }

    static func failure(of error: any Error) -> ServerFailure? { error as? ServerFailure }

    private var simulation: Simulation { actor.simulation }

    func declare(_ group: ConsumerGroup, _ partitions: [Partition]) throws -> [TopicName: Int] {
        stall()
        return ["t": simulation.partitions.count]
    }

    func beat(_ standing: [WorkerID], lease: Duration) throws -> LeaseBeat {
        stall()
        let beats = standing.compactMap { worker in
            simulation.owners[worker].map {
                PostgresCommand.heartbeat(owner: $0, group: actor.group, isConnected: true)
            }
        }
        let replies = try actor.call(beats + [.mark(group: actor.group)], to: Simulation.consumers)
        let (mark, clock) = try mark(replies.last)
        return LeaseBeat(mark: mark, isSettled: true, clock: clock)
    }

    private func mark(_ reply: PostgresReply?) throws -> (LeaseMark, Int64) {
        guard case .mark(let revision, let living, let clock)? = reply else {
            throw ServerFailure(.lost, SimulatedLoss())
        }
        return (LeaseMark(revision: revision, living: living), clock)
    }

    func look(_ workers: [WorkerID], lease: Duration) throws -> LeaseSight {
        let looks = workers.compactMap { worker in
            simulation.owners[worker].map {
                PostgresCommand.heartbeat(owner: $0, group: actor.group, isConnected: false)
            }
        }
        let replies = try actor.call([.mark(group: actor.group)] + looks, to: Simulation.consumers)
        var found: LeaseView?
        var owned: [OwnedLease] = []
        var lives: Set<Int> = []
        for (worker, reply) in zip(workers, replies.dropFirst()) {
            guard
                case .view(_, let claimable, let epochs, let revisions, let own, _, let live, let shared, let free) =
                    reply
            else { throw ServerFailure(.lost, SimulatedLoss()) }
            var view = LeaseView(claimable: .byTopic(["t": claimable]))
            view.shared = ["t": shared]
            view.free = Set(free.map { simulation.partitions[$0] })
            for (partition, epoch) in zip(simulation.partitions, epochs) { view.epochs[partition] = epoch }
            for (partition, revision) in zip(simulation.partitions, revisions) { view.revisions[partition] = revision }
            owned += own.map {
                OwnedLease(
                    worker: worker,
                    partition: simulation.partitions[$0.row % simulation.partitions.count],
                    epoch: $0.epoch
                )
            }
            lives.formUnion(live)
            found = view
        }
        guard var found else { throw ServerFailure(.lost, SimulatedLoss()) }
        found.workers = lives.count
        let names = simulation.owners.filter { lives.contains($0.value) }.keys.sorted()
        return LeaseSight(view: found, live: names, owned: owned, mark: try mark(replies.first).0)
    }

    /// Its connection hangs.
    private func stall() {
        guard let until = (actor as? any Stallable)?.stalledUntil, until > simulation.now else { return }
        actor.sleep(.microseconds(until - simulation.now))
    }

    func giveUp(_ leases: [OwnedLease]) throws {
        let owners = Dictionary(grouping: leases) { simulation.owners[$0.worker] ?? 0 }
        _ = try actor.call(
            owners.sorted { $0.key < $1.key }.map { owner, leases in
                .giveUp(
                    owner: owner,
                    leases.map {
                        .init(row: simulation.row(actor.group, $0.partition.number.rawValue), epoch: $0.epoch)
                    }
                )
            },
            to: Simulation.consumers
        )
    }

    func leave(_ workers: [WorkerID]) throws {
        _ = try actor.call(
            workers.compactMap { simulation.owners[$0] }.map { .signOff(owner: $0) },
            to: Simulation.consumers
        )
    }
}
