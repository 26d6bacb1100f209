#if canImport(Darwin)
    import Darwin
#elseif canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// Several descriptors at once, by poll(2).
enum SocketGroup {
    /// Waits until one of them can be read, or is broken.
    ///
    /// - Parameter descriptors: Those below zero are passed.
    /// - Returns: False where the time is over.
    static func waitForAny(of descriptors: [Int32], until deadline: ContinuousClock.Instant) -> Bool {
        var list = descriptors.map { pollfd(fd: $0, events: Int16(truncatingIfNeeded: POLLIN), revents: 0) }
        while true {
            let left = max(.zero, ContinuousClock.now.duration(to: deadline)).components
            // One more: a rest below a millisecond must not spin.
            let timeout = min(left.seconds, 86_400) * 1000 + left.attoseconds / 1_000_000_000_000_000 + 1
            let count = poll(&list, nfds_t(list.count), Int32(clamping: timeout))
            let cause = errno
            if count > 0 { return true }
            if ContinuousClock.now >= deadline { return false }
            // A signal cut it short; anything else shows at the sockets.
            if count < 0, cause != EINTR { return true }
        }
    }

    /// Whether it can be read now.
    static func isReadable(_ descriptor: Int32) -> Bool {
        var one = pollfd(fd: descriptor, events: Int16(truncatingIfNeeded: POLLIN), revents: 0)
        return poll(&one, 1, 0) > 0
    }
}
