import Executors
import ServiceLifecycle

/// Runs `body`, raising the signal on graceful shutdown and on cancellation. It ends when `body` does: what reads the
/// signal finishes what it has begun.
///
/// - Parameter other: Raised too, for a thread that waits for this one.
func withStopSignal<R: Sendable>(
    _ signal: StopSignal,
    waking other: ThreadSignal? = nil,
    _ body: () async throws -> R
) async throws -> R {
    try await withTaskCancellationHandler {
        try await withGracefulShutdownHandler {
            try await body()
        } onGracefulShutdown: {
            signal.raise()
            other?.raise()
        }
    } onCancel: {
        signal.raise()
        other?.raise()
    }
}
