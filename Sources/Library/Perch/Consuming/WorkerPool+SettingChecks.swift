extension WorkerPool.Settings {
    /// - Throws: `InvalidSetting` for the first that cannot be.
    func validate() throws(InvalidSetting) {
        guard (1...1024).contains(workers) else {
            throw InvalidSetting("workers", expected: "1 to 1024", found: workers)
        }
        guard (1...100_000).contains(batchSize) else {
            throw InvalidSetting("batchSize", expected: "1 to 100000", found: batchSize)
        }
        guard (.milliseconds(100) ... .seconds(86_400)).contains(lease) else {
            throw InvalidSetting("lease", expected: "0.1 seconds to a day", found: lease)
        }
        // One beat that comes late must not cost the leases.
        guard heartbeat >= .milliseconds(10), heartbeat <= lease / 2 else {
            throw InvalidSetting(
                "heartbeat",
                expected: "0.01 seconds to half of the lease (\(lease / 2))",
                found: heartbeat
            )
        }
        guard (.zero ... .seconds(86_400)).contains(drain) else {
            throw InvalidSetting("drain", expected: "0 seconds to a day", found: drain)
        }
        guard (.seconds(1) ... .seconds(86_400)).contains(unreachable) else {
            throw InvalidSetting("unreachable", expected: "1 second to a day", found: unreachable)
        }
    }
}

extension WorkLimit {
    /// - Throws: `InvalidSetting` for the first that cannot be.
    func validate() throws(InvalidSetting) {
        if let perSecond {
            guard perSecond > 0, perSecond <= 1_000_000 else {
                throw InvalidSetting("\(name).perSecond", expected: "more than 0, at most 1000000", found: perSecond)
            }
        }
        guard (1...1_000_000).contains(burst) else {
            throw InvalidSetting("\(name).burst", expected: "1 to 1000000", found: burst)
        }
        if let atATime {
            guard (1...1024).contains(atATime) else {
                throw InvalidSetting("\(name).atATime", expected: "1 to 1024", found: atATime)
            }
        }
    }
}
