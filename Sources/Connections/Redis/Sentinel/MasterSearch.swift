import Executors

/// The search for the master, at each connect: sentinels are asked one after the other, and the server that one names is asked
/// whether it is the master. A sentinel that is away, that does not know the name, or that names another server is passed.
struct MasterSearch {
    /// Between two rounds: while sentinels elect a new master, they name the old one.
    private static let pause = Duration.milliseconds(250)

    private let sentinels: Sentinels
    private let configuration: RedisConfiguration
    private let deadline: ContinuousClock.Instant
    /// What came of each sentinel in this round.
    private var answers: [String] = []
    /// Who was tried in this round and why it was not the master: named by two sentinels, it is tried once.
    private var tried: [RedisConfiguration.Endpoint: String] = [:]

    init(by sentinels: Sentinels, of configuration: RedisConfiguration) {
        self.sentinels = sentinels
        self.configuration = configuration
        deadline = ContinuousClock.now + configuration.connectTimeout
    }

    /// Calls `connect` with each address that is named, until it returns. The last round begins when the configuration's
    /// connect timeout is over; each is made whole.
    ///
    /// - Parameter connect: Throws an error with `isConnectionDead` where the address does not serve as a master.
    /// - Throws: Any other error of `connect`; `.connectionFailed`, with what each sentinel answered.
    mutating func run(_ connect: (RedisConfiguration.Endpoint) throws(RedisError) -> Void) throws(RedisError) {
        while true {
            (answers, tried) = ([], [:])
            for index in sentinels.order {
                if try isFound(by: index, connect) { return }
            }
            let left = ContinuousClock.now.duration(to: deadline)
            guard left > .zero else {
                throw RedisError(
                    .connectionFailed,
                    "cannot connect to \(configuration): \(answers.joined(separator: "; "))"
                )
            }
            ThreadSignal.pass(min(left, Self.pause))
        }
    }

    private mutating func isFound(
        by index: Int,
        _ connect: (RedisConfiguration.Endpoint) throws(RedisError) -> Void
    ) throws(RedisError) -> Bool {
        let endpoint: RedisConfiguration.Endpoint
        switch sentinels.ask(index, as: configuration) {
        case .success(.master(let named)): endpoint = named
        case .success(.unknown): return isPassed(index, "does not know \"\(sentinels.master)\"")
        // A file that cannot be read: no sentinel helps.
        case .failure(let error) where error.code == .configuration: throw error
        case .failure(let error): return isPassed(index, "is of no help: \(error.reason(at: sentinels.places[index]))")
        }
        if let reason = tried[endpoint] { return isPassed(index, "names \(endpoint) too: \(reason)") }
        do throws(RedisError) {
            try connect(endpoint)
            sentinels.note(index, wasRight: true)
            return true
        } catch {
            guard error.isConnectionDead else { throw error }
            let reason = error.reason(at: configuration)
            tried[endpoint] = reason
            return isPassed(index, "names \(endpoint): \(reason)")
        }
    }

    private mutating func isPassed(_ index: Int, _ answer: String) -> Bool {
        sentinels.note(index, wasRight: false)
        answers.append("\(sentinels.places[index].place) \(answer)")
        return false
    }
}
