import ServiceLifecycle
import Synchronization

/// Tells threads that block in C to come to an end: raised once, never lowered.
final class StopSignal: Sendable {
    private let raised = Atomic(false)

    var isRaised: Bool { raised.load(ordering: .acquiring) }

    func raise() { raised.store(true, ordering: .releasing) }
}

/// Runs `body`, raising the signal on graceful shutdown and on cancellation. It ends when `body` does: what reads the
/// signal finishes what it has begun.
func withStopSignal<R: Sendable>(_ signal: StopSignal, _ body: () async throws -> R) async throws -> R {
    try await withTaskCancellationHandler {
        try await withGracefulShutdownHandler {
            try await body()
        } onGracefulShutdown: {
            signal.raise()
        }
    } onCancel: {
        signal.raise()
    }
}
