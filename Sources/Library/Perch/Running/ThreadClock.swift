#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Waiting on a thread that is one's own: it blocks the thread, so never call it on Swift's shared pool.
package enum ThreadClock {
    package static func wait(_ duration: Duration) {
        guard duration > .zero else { return }
        var left = timespec()
        left.tv_sec = numericCast(duration.components.seconds)
        left.tv_nsec = numericCast(duration.components.attoseconds / 1_000_000_000)
        var rest = timespec()
        while nanosleep(&left, &rest) == -1, errno == EINTR { left = rest }
    }
}
