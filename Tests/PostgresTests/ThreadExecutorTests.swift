import Executors
import Testing

#if canImport(Darwin)
    import Darwin
#elseif canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

@Suite(.timeLimit(.minutes(30))) struct ThreadExecutorTests {
    private actor Worker {
        nonisolated let executor: ThreadExecutor
        nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }
        private var entries: [Int] = []

        init(_ executor: ThreadExecutor) {
            self.executor = executor
        }

        func runs(on executor: ThreadExecutor) -> Bool? {
            assertIsolated()
            return executor.isIsolatingCurrentContext()
        }

        func append(_ number: Int) { entries.append(number) }

        func all() -> [Int] { entries }

        func hold(_ gate: Gate) { gate.pass() }

        func blocksSIGPIPE() -> Bool {
            var mask = sigset_t()
            sigemptyset(&mask)
            pthread_sigmask(SIG_BLOCK, nil, &mask)
            return sigismember(&mask, SIGPIPE) == 1
        }

    }

    @Test func allJobsRunOnTheThreadOfTheirExecutor() async {
        let worker = Worker(ThreadExecutor(name: "one"))
        let other = Worker(ThreadExecutor(name: "other"))
        for _ in 0..<100 {
            #expect(await worker.runs(on: worker.executor) == true)
            #expect(await worker.runs(on: other.executor) == false)
            #expect(await other.runs(on: other.executor) == true)
        }
        #expect(worker.executor.isIsolatingCurrentContext() == false)
        #expect(await !worker.blocksSIGPIPE(), "a program whose output nobody reads any more must end")
    }

    @Test func jobsRunInOrder() async {
        let worker = Worker(ThreadExecutor(name: "a name longer than fifteen bytes"))
        let tasks = (0..<5000).map { number in
            Task.immediate { await worker.append(number) }
        }
        for task in tasks { await task.value }
        #expect(await worker.all() == Array(0..<5000))
    }

    @Test func noJobIsLeftToAThreadThatFallsAsleep() async {
        // Each job comes about when the thread runs dry; one that it slept over would never run.
        let worker = Worker(ThreadExecutor(name: "sleepy"))
        await withTaskGroup(of: Void.self) { group in
            for task in 0..<2 {
                group.addTask {
                    for number in 0..<20_000 { await worker.append(task * 20_000 + number) }
                }
            }
        }
        #expect(await worker.all().sorted() == Array(0..<40_000))
    }

    @Test func aBlockedThreadBlocksNobodyElse() async {
        // More blocked threads than the machine has processors.
        let gate = Gate()
        let workers = (0..<16).map { Worker(ThreadExecutor(name: "blocked-\($0)")) }
        await withTaskGroup(of: Void.self) { group in
            for worker in workers { group.addTask { await worker.hold(gate) } }
            await until { gate.entered == 16 }
            for _ in workers { gate.open() }
        }
    }

    @Test func theThreadEndsWithTheExecutor() async throws {
        do {
            let worker = Worker(ThreadExecutor(name: "perch-ends"))
            await worker.append(1)
            #expect(try Self.threadNames().contains("perch-ends"))
        }
        try await until { try !Self.threadNames().contains("perch-ends") }
    }

    private static func threadNames() throws -> [String] {
        guard let folder = opendir("/proc/self/task") else { return [] }
        defer { closedir(folder) }
        var names: [String] = []
        while let entry = readdir(folder) {
            let id = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            guard let file = fopen("/proc/self/task/\(id)/comm", "r") else { continue }
            defer { fclose(file) }
            var buffer = [CChar](repeating: 0, count: 32)
            guard fgets(&buffer, 32, file) != nil else { continue }
            names.append(String(decoding: buffer.prefix { $0 != 10 && $0 != 0 }.map(UInt8.init), as: UTF8.self))
        }
        return names
    }
}
