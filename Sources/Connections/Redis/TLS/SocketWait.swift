#if canImport(Darwin)
    import Darwin
#elseif canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// Waits for a socket by poll(2).
enum SocketWait {
    enum Outcome {
        /// The socket can be read or written, or is broken: the next call tells.
        case ready
        /// The other descriptor can be read, and the socket is not ready.
        case interrupted
        case timeout
        /// poll(2) itself failed, with this `errno`.
        case failed(Int32)
    }

    /// - Parameters:
    ///   - events: `POLLIN` or `POLLOUT`.
    ///   - interruption: A descriptor that ends the wait when it can be read; below zero: none.
    static func wait(
        for events: Int32,
        of socket: Int32,
        until deadline: ContinuousClock.Instant,
        orFor interruption: Int32
    ) -> Outcome {
        while true {
            let left = max(.zero, ContinuousClock.now.duration(to: deadline)).components
            // One more: a rest below a millisecond must not spin.
            let timeout = min(left.seconds, 86_400) * 1000 + left.attoseconds / 1_000_000_000_000_000 + 1
            let (count, isReady) = poll(socket, events, interruption, Int32(clamping: timeout))
            let cause = errno
            if count > 0 { return isReady ? .ready : .interrupted }
            if count < 0, cause != EINTR { return .failed(cause) }
            if count == 0, ContinuousClock.now >= deadline { return .timeout }
        }
    }

    /// How many of the two are ready, and whether the socket is one of them.
    private static func poll(
        _ socket: Int32,
        _ events: Int32,
        _ interruption: Int32,
        _ timeout: Int32
    ) -> (Int32, Bool) {
        var pair = (
            pollfd(fd: socket, events: Int16(truncatingIfNeeded: events), revents: 0),
            pollfd(fd: interruption, events: Int16(POLLIN), revents: 0)
        )
        let count = withUnsafeMutablePointer(to: &pair) {
            $0.withMemoryRebound(to: pollfd.self, capacity: 2) { descriptors in
                #if canImport(Darwin)
                    Darwin.poll(descriptors, 2, timeout)
                #elseif canImport(Glibc)
                    Glibc.poll(descriptors, 2, timeout)
                #elseif canImport(Musl)
                    Musl.poll(descriptors, 2, timeout)
                #endif
            }
        }
        return (count, pair.0.revents != 0)
    }
}
