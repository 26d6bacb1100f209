import PerchProtocol
import Synchronization

/// Where the heartbeat and the workers of a process tell each other what they know: the heartbeat what it saw in the table, each
/// worker what it holds. From any thread.
package final class LeaseBoard: Sendable {
    private struct State {
        var view = LeaseView()
        /// How many partitions each of the process's workers that live should hold.
        var shares: [WorkerID: LeaseShare] = [:]
        var seenAt: Duration?
        /// By worker, from the first that it had to tell.
        var workers: [WorkerID: Standing] = [:]
        /// What one of them has left to other processes, until when.
        var left: [Partition: Duration] = [:]
        /// Who is at an event that may end the process, then who waits for that.
        var cautious: [WorkerID] = []
    }

    /// How a worker stands.
    private struct Standing {
        var holdings: [Holding] = []
        /// Both its connections stand.
        var isConnected = false
        /// It may get leases that are not among its holdings yet.
        var isAcquiring = false
    }

    private let state = Mutex(State())

    package init() {}

    /// What a worker has to know.
    func view(of worker: WorkerID) -> LeaseView {
        state.withLock { state in
            var view = state.view
            view.share = state.shares[worker] ?? 0
            view.left = state.left
            return view
        }
    }

    /// The workers whose connections stand.
    var connected: [WorkerID] { state.withLock { $0.workers.filter(\.value.isConnected).map(\.key) } }

    /// Whether each of these has told whether its connections stand.
    func hasHeard(of workers: [WorkerID]) -> Bool {
        state.withLock { state in workers.allSatisfy { state.workers[$0] != nil } }
    }

    /// Which of these leases their workers do not know of, and are not about to: a COMMIT came after its worker had given it
    /// up. To be asked after the leases were seen, not before.
    func unknown(among leases: [OwnedLease]) -> [OwnedLease] {
        state.withLock { state in
            leases.filter { lease in
                guard let worker = state.workers[lease.worker], worker.isConnected, !worker.isAcquiring else {
                    return false
                }
                return !worker.holdings.contains { $0.partition == lease.partition && $0.epoch == lease.epoch }
            }
        }
    }

    func post(_ view: LeaseView, shares: [WorkerID: LeaseShare], at now: Duration) {
        state.withLock {
            $0.view = view
            $0.shares = shares
            $0.seenAt = now
        }
    }

    /// One of the process's workers leaves the partition to other processes.
    func leave(_ partition: Partition, until: Duration, at now: Duration) {
        state.withLock { state in
            state.left = state.left.filter { $0.value > now }
            state.left[partition] = until
        }
    }

    /// Whether the heartbeat has seen the table within this time.
    func isFresh(within age: Duration, at now: Duration) -> Bool {
        state.withLock { $0.seenAt.map { now - $0 <= age } ?? false }
    }

    /// Whose turn it is to try an event that may end the process: one worker at a time, in the order in which they came.
    ///
    /// - Parameter isWanted: False gives the turn, or the wait for it, back.
    /// - Returns: Whether it is this worker's turn.
    func takeCautionTurn(_ worker: WorkerID, isWanted: Bool) -> Bool {
        state.withLock { state in
            if !isWanted {
                if !state.cautious.isEmpty { state.cautious.removeAll { $0 == worker } }
                return false
            }
            if !state.cautious.contains(worker) { state.cautious.append(worker) }
            return state.cautious.first == worker
        }
    }

    /// What the worker holds now, all that it has acquired included.
    func post(_ holdings: [Holding], of worker: WorkerID) {
        state.withLock {
            $0.workers[worker, default: Standing()].holdings = holdings
            $0.workers[worker, default: Standing()].isAcquiring = false
        }
    }

    /// Before it acquires. From then on, until it posts what it holds, nothing in its name is unknown to it.
    func beginAcquiring(_ worker: WorkerID) {
        state.withLock { $0.workers[worker, default: Standing()].isAcquiring = true }
    }

    func post(isConnected: Bool, of worker: WorkerID) {
        state.withLock { $0.workers[worker, default: Standing()].isConnected = isConnected }
    }
}
