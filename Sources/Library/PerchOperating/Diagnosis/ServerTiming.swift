/// How long a step takes.
public struct ServerTiming: Sendable, Hashable {
    /// A thing that is asked of a server. Later versions may add some.
    public struct Step: RawRepresentable, Sendable, Hashable {
        /// The name of the constant.
        public let rawValue: String
        /// Takes any name.
        public init(rawValue: String) { self.rawValue = rawValue }

        /// The smallest question: the network, mostly.
        public static let roundTrip = Step(rawValue: "round_trip")
        /// One XADD.
        public static let append = Step(rawValue: "append")
        /// 100 XADD in a pipeline.
        public static let appendMany = Step(rawValue: "append_100")
        /// XREADGROUP of 100 entries.
        public static let readMany = Step(rawValue: "read_100")
        /// A transaction that writes next to nothing: the flush of the write-ahead log.
        public static let commit = Step(rawValue: "commit")
        /// A transaction of 100 rows in a pipeline, into a temporary table: no flush.
        public static let writeMany = Step(rawValue: "write_100")
    }

    /// `Redis`, or `Postgres of SERVICE`.
    public let server: String
    /// What was asked.
    public let step: Step
    /// How often.
    public let rounds: Int
    /// Half of them took no longer.
    public let median: Duration
    /// All but one in a hundred took no longer.
    public let p99: Duration

    init(server: String, step: Step, _ sorted: [Duration]) {
        (self.server, self.step, rounds) = (server, step, sorted.count)
        median = sorted[sorted.count / 2]
        p99 = sorted[min(sorted.count - 1, sorted.count * 99 / 100)]
    }

    /// What is usual for the median: on the same machine at the lower end, in the same data centre at the upper.
    public var usual: ClosedRange<Duration> {
        switch step {
        case .roundTrip: .microseconds(20) ... .microseconds(600)
        case .append: .microseconds(30) ... .microseconds(800)
        case .commit: .microseconds(200) ... .milliseconds(4)
        case .readMany: .microseconds(200) ... .milliseconds(2)
        case .writeMany: .milliseconds(1) ... .milliseconds(10)
        default: .microseconds(300) ... .milliseconds(3)
        }
    }

    /// Slower than usual.
    public var isSlow: Bool { median > usual.upperBound }
}
