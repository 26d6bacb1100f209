#if canImport(Darwin)
    import Darwin
#elseif canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// Runs the jobs of one actor, in order, on a thread of its own, so that the actor may block in C for as long as it
/// likes without taking a thread from Swift's shared pool.
///
/// The thread starts with the first job and ends when the executor is deinited and the running job has returned. It leaves
/// signals as they are: who writes to a socket keeps SIGPIPE away itself, and a program whose output nobody reads any more ends.
///
///     actor Worker {
///         nonisolated let executor = ThreadExecutor(name: "worker")
///         nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }
///     }
package final class ThreadExecutor: SerialExecutor {
    private let queue: JobQueue

    /// - Parameter name: the thread's name in debuggers and `top`; Linux shows its first 15 bytes.
    package init(name: String) {
        queue = JobQueue(name: name)
    }

    deinit {
        queue.finish()
    }

    package func enqueue(_ job: consuming ExecutorJob) {
        // The queue holds the executor until the job has run: the job knows it only by an unowned reference.
        queue.append(JobQueue.Entry(job: UnownedJob(job), executor: self))
    }

    package func checkIsolated() {
        precondition(queue.isCurrentThread, "not on the thread of this executor")
    }

    package func isIsolatingCurrentContext() -> Bool? {
        queue.isCurrentThread
    }
}

/// The queue between those who enqueue and the thread that runs.
///
/// `@unchecked Sendable`: `entries`, `head`, `thread`, `isFinished` and `isAsleep` are touched only between `lock` and `unlock`
/// of `mutex`; `mutex`, `condition` and `name` are constants. Unchecked because the compiler cannot see a pthread mutex;
/// `Synchronization.Mutex` has no condition to wait for.
private final class JobQueue: @unchecked Sendable {
    struct Entry {
        let job: UnownedJob
        let executor: ThreadExecutor
    }

    private let name: String
    private let mutex: UnsafeMutablePointer<pthread_mutex_t>
    private let condition: UnsafeMutablePointer<pthread_cond_t>
    private var entries: [Entry] = []
    private var head = 0
    private var thread: pthread_t?
    private var isFinished = false
    /// The thread waits on `condition`, and nobody has signalled since.
    private var isAsleep = false

    init(name: String) {
        self.name = name
        mutex = .allocate(capacity: 1)
        condition = .allocate(capacity: 1)
        pthread_mutex_init(mutex, nil)
        pthread_cond_init(condition, nil)
    }

    deinit {
        pthread_cond_destroy(condition)
        pthread_mutex_destroy(mutex)
        condition.deallocate()
        mutex.deallocate()
    }

    /// Never inlined: glibc declares `pthread_self` constant, so the optimizer would keep one thread's answer for another
    /// part of an async function, which runs on another thread.
    @inline(never) var isCurrentThread: Bool {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        guard let thread else { return false }
        return pthread_equal(thread, pthread_self()) != 0
    }

    func append(_ entry: Entry) {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        entries.append(entry)
        if thread == nil { thread = startThread() }
        wake()
    }

    func finish() {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        isFinished = true
        wake()
    }

    /// Wakes the thread where it sleeps, with the mutex locked: once it is free the thread may run the last job, and all
    /// of this is gone.
    private func wake() {
        guard isAsleep else { return }
        isAsleep = false
        pthread_cond_signal(condition)
    }

    /// The next entry, waiting for one; nil once the executor is gone. Entries hold the executor, so none is left then.
    private func next() -> Entry? {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        // Whoever waited for the last job often has the next one at once, if only a processor is free for it: it costs less
        // to give way than to sleep and be woken.
        if head == entries.count, !isFinished {
            pthread_mutex_unlock(mutex)
            sched_yield()
            pthread_mutex_lock(mutex)
        }
        while head == entries.count {
            if isFinished { return nil }
            isAsleep = true
            pthread_cond_wait(condition, mutex)
        }
        let entry = entries[head]
        head += 1
        if head == entries.count {
            entries.removeAll(keepingCapacity: true)
            head = 0
        } else if head >= 1024 {
            // A queue that never runs empty still gives back the entries that have run, and the executor they hold.
            entries.removeFirst(head)
            head = 0
        }
        return entry
    }

    private func run() {
        nameThread()
        while let entry = next() {
            entry.job.runSynchronously(on: entry.executor.asUnownedSerialExecutor())
        }
    }

    private func startThread() -> pthread_t {
        var attributes = pthread_attr_t()
        pthread_attr_init(&attributes)
        defer { pthread_attr_destroy(&attributes) }
        pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
        // The same on every system; Darwin's default for a second thread is 512 KiB.
        pthread_attr_setstacksize(&attributes, 8 << 20)
        let queue = Unmanaged.passRetained(self).toOpaque()
        #if canImport(Darwin)
            var created: pthread_t?
            let code = pthread_create(&created, &attributes, { JobQueue.main($0) }, queue)
        #else
            var handle = pthread_t()
            let code = pthread_create(&handle, &attributes, { JobQueue.main($0) }, queue)
            let created: pthread_t? = handle
        #endif
        guard code == 0, let created else {
            fatalError("cannot start a thread: error \(code)")
        }
        return created
    }

    #if canImport(Darwin)
        private static func main(_ queue: UnsafeMutableRawPointer) -> UnsafeMutableRawPointer? {
            Unmanaged<JobQueue>.fromOpaque(queue).takeRetainedValue().run()
            return nil
        }
    #else
        private static func main(_ queue: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
            if let queue {
                Unmanaged<JobQueue>.fromOpaque(queue).takeRetainedValue().run()
            }
            return nil
        }
    #endif

    private func nameThread() {
        #if canImport(Darwin)
            pthread_setname_np(name)
        #else
            // Glibc's module does not show pthread_setname_np. The kernel cuts a long name.
            let file = open("/proc/thread-self/comm", O_WRONLY | O_CLOEXEC)
            guard file >= 0 else { return }
            _ = name.withCString { write(file, $0, strlen($0)) }
            close(file)
        #endif
    }
}
