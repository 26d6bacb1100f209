import Foundation
import Logging
import Postgres
import ServiceLifecycle
import Synchronization

/// The reassignments that this process is at, and how far each is: one transaction each, of which nobody else sees anything before its
/// commit.
///
/// It is told to stop with the process, and lets them come to their end. Where there is no time for that the server rolls them back.
final class RunningReassignments: Service {
    /// One that has ended badly: nothing was changed.
    enum Failure: Sendable, Hashable {
        case noEmployee
        case other
    }

    private struct State {
        var progress: [UUID: ReassignmentProgress?] = [:]
        var tasks: [UUID: Task<Void, Never>] = [:]
        var failures: [UUID: Failure] = [:]
    }

    /// The most failures that are remembered.
    private static let mostFailures = 100

    private let presses = Reassignments()
    private let database: Database
    private let logger: Logger
    private let state = Mutex(State())

    init(database: Database, logger: Logger) { (self.database, self.logger) = (database, logger) }

    /// Presses, in the background. One that is under way here goes on.
    func begin(_ id: UUID, by user: UUID) {
        state.withLock { state in
            guard state.tasks[id] == nil else { return }
            state.failures[id] = nil
            state.progress[id] = .some(nil)
            state.tasks[id] = Task { await press(id, by: user) }
        }
    }

    /// Whether this process is at it.
    func isRunning(_ id: UUID) -> Bool { state.withLock { $0.tasks[id] != nil } }

    /// How far it is; nil where it has not come to the tickets yet, or this process is not at it.
    func progress(of id: UUID) -> ReassignmentProgress? { state.withLock { $0.progress[id] ?? nil } }

    /// Why it came to nothing, the last time that this process was at it.
    func failure(of id: UUID) -> Failure? { state.withLock { $0.failures[id] } }

    func run() async throws {
        try? await gracefulShutdown()
        let tasks = state.withLock { Array($0.tasks.values) }
        if Task.isCancelled { return }
        for task in tasks { await task.value }
    }

    private func press(_ id: UUID, by user: UUID) async {
        var failure: Failure?
        do {
            _ = try await presses.press(id, by: user, in: database) { [self] progress in
                state.withLock { $0.progress[id] = progress }
            }
        } catch let error as TicketError where error.code == .noEmployee {
            failure = .noEmployee
        } catch {
            logger.error("a reassignment failed", metadata: ["error": "\(error)"])
            failure = .other
        }
        state.withLock { state in
            (state.tasks[id], state.progress[id]) = (nil, nil)
            if state.failures.count >= Self.mostFailures { state.failures = [:] }
            state.failures[id] = failure
        }
    }
}
