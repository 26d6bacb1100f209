import Executors
import Foundation

/// A thread that runs only while it has the baton: its scheduler waits meanwhile, so of all threads of a run one runs at a time.
///
/// `@unchecked Sendable`: `body` and `isEnded` are touched only by who has the baton, and handing it over by a `ThreadSignal`
/// orders what was done before it before what is done after. The run that the body works on is shared in the same way.
final class BatonThread: @unchecked Sendable {
    private let forward = ThreadSignal()
    private let back = ThreadSignal()
    private var body: (() -> Void)?
    private var isStarted = false
    private(set) var isEnded = false
    private var forwards: UInt64 = 0
    private var backs: UInt64 = 0

    init(_ body: @escaping () -> Void) { self.body = body }

    /// Hands the baton to the thread, and waits until it comes back.
    func run() {
        guard !isEnded else { return }
        if isStarted {
            forward.raise()
        } else {
            isStarted = true
            let thread = Thread { [self] in
                body?()
                body = nil
                isEnded = true
                back.raise()
            }
            thread.stackSize = 1 << 20
            thread.start()
        }
        backs = Self.await(back, after: backs)
    }

    /// On the thread: gives the baton back, and waits until it is handed over again.
    func park() {
        back.raise()
        forwards = Self.await(forward, after: forwards)
    }

    private static func await(_ signal: ThreadSignal, after seen: UInt64) -> UInt64 {
        while true {
            let count = signal.wait(after: seen, atMost: .seconds(3600))
            if count > seen { return count }
        }
    }
}
