import Foundation

/// Many seeds on a few threads.
package struct Campaign: Sendable {
    package struct Failure: Sendable {
        package let seed: UInt64
        package let violation: String
    }

    package struct Result: Sendable {
        package var seeds = 0
        package var steps = 0
        package var failures: [Failure] = []
    }

    package var first: UInt64
    package var seeds: Int
    package var sabotage: Sabotage?
    package var runsShells: Bool
    /// The only fault that strikes; nil: the one that the sabotage is for, or as each seed has it.
    package var fault: Fault?
    /// Stop at the first failure.
    package var stopsAtFailure: Bool
    package var threads: Int
    /// How many seeds a thread runs before it is seen whether one has failed.
    package var stretch: Int

    package init(
        first: UInt64,
        seeds: Int,
        sabotage: Sabotage? = nil,
        runsShells: Bool = false,
        fault: Fault? = nil,
        stopsAtFailure: Bool = true,
        threads: Int = 2,
        stretch: Int? = nil
    ) {
        self.first = first
        self.seeds = seeds
        self.sabotage = sabotage
        self.runsShells = runsShells
        self.fault = fault
        self.stopsAtFailure = stopsAtFailure
        self.threads = threads
        self.stretch = stretch ?? (sabotage == nil ? 100 : 8)
    }

    /// Runs the seeds in stretches, telling of each; with a failure, all seeds below the failing one were run.
    package func run(progress: @Sendable (Result) -> Void = { _ in }) async -> Result {
        var result = Result()
        var next = first
        let end = first + UInt64(seeds)
        while next < end {
            let stop = min(end, next + UInt64(stretch * threads))
            let parts = await withTaskGroup(of: Result.self) { group in
                for thread in 0..<threads {
                    let range = stride(from: next + UInt64(thread), to: stop, by: threads)
                    group.addTask { await onThread { run(range) } }
                }
                return await group.reduce(into: []) { $0.append($1) }
            }
            for part in parts {
                result.seeds += part.seeds
                result.steps += part.steps
                result.failures += part.failures
            }
            result.failures.sort { $0.seed < $1.seed }
            progress(result)
            if stopsAtFailure, !result.failures.isEmpty { break }
            next = stop
        }
        return result
    }

    private func run(_ seeds: StrideTo<UInt64>) -> Result {
        var result = Result()
        for seed in seeds {
            let simulation = Simulation(seed: seed, runsShells: runsShells, fault: fault, sabotage: sabotage)
            let violation = simulation.run()
            result.seeds += 1
            result.steps += simulation.steps
            if let violation { result.failures.append(Failure(seed: seed, violation: violation)) }
        }
        return result
    }
}

/// Runs the body on a thread of its own: a run waits for its threads, and Swift's shared pool is not to wait.
private func onThread<R: Sendable>(_ body: @escaping @Sendable () -> R) async -> R {
    await withCheckedContinuation { continuation in
        let thread = Thread { continuation.resume(returning: body()) }
        thread.stackSize = 8 << 20
        thread.start()
    }
}
