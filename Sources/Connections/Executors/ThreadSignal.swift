#if canImport(Darwin)
    import Darwin
#elseif canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// A count that only grows, for which threads wait: the one way here to wait for something with a limit of time.
///
/// The limit is a duration on the monotonic clock. Setting the system's clock, forward or back, neither ends a wait nor lengthens
/// it. A signal that nobody waits for, or that comes twice, does no harm.
///
/// `@unchecked Sendable`: `count` is touched only between `lock` and `unlock` of `mutex`; `mutex` and `condition` are
/// constants. Unchecked because the compiler cannot see a pthread mutex; `Synchronization.Mutex` has no condition to wait for.
package final class ThreadSignal: @unchecked Sendable {
    private let mutex: UnsafeMutablePointer<pthread_mutex_t>
    private let condition: UnsafeMutablePointer<pthread_cond_t>
    private var count: UInt64 = 0

    package init() {
        mutex = .allocate(capacity: 1)
        condition = .allocate(capacity: 1)
        pthread_mutex_init(mutex, nil)
        #if canImport(Darwin)
            pthread_cond_init(condition, nil)
        #else
            // The default clock of a condition is the one that an operator, or NTP, sets back.
            var attributes = pthread_condattr_t()
            pthread_condattr_init(&attributes)
            pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
            pthread_cond_init(condition, &attributes)
            pthread_condattr_destroy(&attributes)
        #endif
    }

    deinit {
        pthread_cond_destroy(condition)
        pthread_mutex_destroy(mutex)
        condition.deallocate()
        mutex.deallocate()
    }

    /// How often it was raised.
    package var current: UInt64 {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        return count
    }

    /// Wakes all threads that wait.
    package func raise() {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        count &+= 1
        pthread_cond_broadcast(condition)
    }

    /// Blocks this thread until it was raised more often than `seen` or the time is over: never call it on Swift's shared pool.
    ///
    /// - Parameter timeout: Nothing, if it is below zero; at most a day.
    /// - Returns: How often it was raised.
    package func wait(after seen: UInt64, atMost timeout: Duration) -> UInt64 {
        let deadline = ContinuousClock.now + min(timeout, .seconds(86_400))
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        while count == seen {
            let left = ContinuousClock.now.duration(to: deadline)
            guard left > .zero else { break }
            waitOnce(left)
        }
        return count
    }

    /// Blocks this thread until the time is over: never call it on Swift's shared pool.
    ///
    /// - Parameter time: Nothing, if it is below zero; at most a day.
    package static func pass(_ time: Duration) {
        // Nobody raises it.
        _ = ThreadSignal().wait(after: 0, atMost: time)
    }

    /// With the mutex locked. May end early; whoever calls it looks again.
    private func waitOnce(_ left: Duration) {
        let nanoseconds = left.components.attoseconds / 1_000_000_000
        #if canImport(Darwin)
            var limit = timespec(tv_sec: Int(left.components.seconds), tv_nsec: Int(nanoseconds))
            pthread_cond_timedwait_relative_np(condition, mutex, &limit)
        #else
            var limit = timespec()
            clock_gettime(CLOCK_MONOTONIC, &limit)
            let end = Int64(limit.tv_nsec) + nanoseconds
            limit.tv_sec += numericCast(left.components.seconds + end / 1_000_000_000)
            limit.tv_nsec = numericCast(end % 1_000_000_000)
            pthread_cond_timedwait(condition, mutex, &limit)
        #endif
    }
}
