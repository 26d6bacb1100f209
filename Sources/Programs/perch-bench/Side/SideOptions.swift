/// What either side is to do. Our side and the baseline take the same options.
struct SideOptions: Sendable {
    enum Job: String, Sendable {
        case consume, publish, relay, whole, latency, idle
    }

    enum HandlerKind: String, Sendable {
        /// Nothing but reading and acknowledging.
        case none
        /// Two statements an event.
        case each
        /// One statement a batch.
        case batch
        /// One statement a batch, which locks what workers share in one order.
        case ordered
        /// Either, by the number of events in the round.
        case adaptive
    }

    var job: Job
    /// The database's URL.
    var postgres = ""
    /// The port of Redis on this machine.
    var redisPort = 0
    /// How our side finds Redis where it is no plain server at that port.
    var redisURL: String?
    var handler = HandlerKind.each
    var partitions = 1
    var workers = 1
    /// The most events in one transaction of a worker.
    var batch = 500
    /// How many events there are to do.
    var events = 1000
    /// The entry id behind which the group starts.
    var from = "0-0"
    /// Events that a producer publishes in one transaction.
    var transaction = 1
    /// Events a second that a producer publishes; 0: as fast as it goes.
    var rate = 0.0
    /// How long an idle system is watched.
    var seconds = 0.0
    /// Producers.
    var connections = 1

    /// One worker on one partition, but for what is changed.
    init(_ job: Job, _ change: (inout SideOptions) -> Void = { _ in }) {
        self.job = job
        change(&self)
    }

    /// As a command line.
    var arguments: [String] {
        [
            job.rawValue, "--postgres", postgres, "--redis-port", "\(redisPort)", "--handler", handler.rawValue,
            "--partitions", "\(partitions)", "--workers", "\(workers)", "--batch", "\(batch)", "--events", "\(events)",
            "--from", from, "--transaction", "\(transaction)", "--rate", "\(rate)", "--seconds", "\(seconds)",
            "--connections", "\(connections)",
        ] + (redisURL.map { ["--redis", $0] } ?? [])
    }

    /// Reads what `arguments` has written.
    init(parsing arguments: [String]) throws {
        func value<T>(_ name: String, _ parse: (String) -> T?) throws -> T {
            guard let place = arguments.firstIndex(of: name), place + 1 < arguments.count,
                let value = parse(arguments[place + 1])
            else { throw BenchError("\(name) is missing or has a wrong value") }
            return value
        }
        guard let name = arguments.first, let job = Job(rawValue: name) else {
            throw BenchError("the first argument is a job: consume, publish, relay, whole, latency or idle")
        }
        self.job = job
        postgres = try value("--postgres") { $0 }
        redisPort = try value("--redis-port") { Int($0) }
        redisURL = arguments.contains("--redis") ? try value("--redis") { $0 } : nil
        handler = try value("--handler") { HandlerKind(rawValue: $0) }
        partitions = try value("--partitions") { Int($0) }
        workers = try value("--workers") { Int($0) }
        batch = try value("--batch") { Int($0) }
        events = try value("--events") { Int($0) }
        from = try value("--from") { $0 }
        transaction = try value("--transaction") { Int($0) }
        rate = try value("--rate") { Double($0) }
        seconds = try value("--seconds") { Double($0) }
        connections = try value("--connections") { Int($0) }
    }
}
