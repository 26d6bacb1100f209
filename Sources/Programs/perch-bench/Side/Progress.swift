import Synchronization

/// How far a side has come: from the first commit to the last, so that the way to the first one is not in it.
final class Progress: Sendable {
    private struct State {
        var done = 0
        var firstCount = 0
        var firstAt = ContinuousClock.now
        var lastAt = ContinuousClock.now
    }

    private let target: Int
    private let state = Mutex(State())
    private let reached = AsyncStream.makeStream(of: Void.self)

    init(target: Int) { self.target = target }

    /// From any thread.
    func add(_ events: Int) {
        let now = ContinuousClock.now
        let isReached = state.withLock { state in
            if state.done == 0 {
                state.firstCount = events
                state.firstAt = now
            }
            state.done += events
            state.lastAt = now
            return state.done >= target
        }
        if isReached { reached.continuation.finish() }
    }

    func waitUntilReached() async {
        for await _ in reached.stream {}
    }

    /// The last line of a side.
    func line(cpu: Double) -> String {
        state.withLock { state in
            let seconds = state.firstAt.duration(to: state.lastAt) / .seconds(1)
            return "done events=\(state.done) measured=\(state.done - state.firstCount) seconds=\(seconds) cpu=\(cpu)"
        }
    }
}
