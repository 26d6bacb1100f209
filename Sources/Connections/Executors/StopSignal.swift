import Synchronization

#if canImport(Darwin)
    import Darwin
#elseif canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// Tells threads that block in C to come to an end: raised once, never lowered.
///
/// A thread can check it (between two events), wait for it (instead of sleeping), or wait for its descriptor together with a
/// socket. Work that has begun may take until `deadline`; connections that have the signal wait for no answer after that.
package final class StopSignal: Sendable {
    private let drain: Duration
    private let raised = Atomic(false)
    private let end = Mutex<ContinuousClock.Instant?>(nil)
    private let signal = ThreadSignal()
    private let pipe = WakePipe()

    /// - Parameter drain: How long what has begun may take, from when the signal is raised.
    package init(drain: Duration) { self.drain = drain }

    package var isRaised: Bool { raised.load(ordering: .acquiring) }

    /// Nil until it is raised.
    package var deadline: ContinuousClock.Instant? { end.withLock(\.self) }

    /// Whether the time to finish is over.
    package var isOverdue: Bool { isRaised && deadline.map { $0 <= .now } ?? false }

    /// Becomes readable when the signal is raised, and stays so: for poll(2). Below zero where the system had none left;
    /// poll passes over that.
    package var descriptor: Int32 { pipe.readEnd }

    /// A second time changes nothing.
    package func raise() {
        let isFirst = end.withLock { end in
            guard end == nil else { return false }
            end = .now + drain
            return true
        }
        guard isFirst else { return }
        raised.store(true, ordering: .releasing)
        signal.raise()
        pipe.wake()
    }

    /// Blocks this thread until the signal is raised or the time is over; whether it is raised.
    @discardableResult
    package func wait(atMost timeout: Duration) -> Bool { signal.wait(after: 0, atMost: timeout) > 0 }
}

/// A pipe into which one byte is written, and out of which none is read.
private final class WakePipe: Sendable {
    let readEnd: Int32
    private let writeEnd: Int32

    init() {
        var ends: (Int32, Int32) = (-1, -1)
        let made = withUnsafeMutablePointer(to: &ends) {
            $0.withMemoryRebound(to: Int32.self, capacity: 2) { pipe($0) }
        }
        (readEnd, writeEnd) = made == 0 ? ends : (-1, -1)
        for end in [readEnd, writeEnd] where end >= 0 { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    }

    deinit {
        for end in [readEnd, writeEnd] where end >= 0 { close(end) }
    }

    func wake() {
        var byte: UInt8 = 1
        if writeEnd >= 0 { _ = write(writeEnd, &byte, 1) }
    }
}
