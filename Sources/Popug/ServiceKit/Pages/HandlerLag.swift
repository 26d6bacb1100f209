import Executors
package import PageKit

/// Knows how far behind the events a service's own handlers are, for all who look at its pages.
///
/// However many ask, the servers are asked at most once a second, and nobody waits for them for long.
package actor HandlerLag {
    /// Keeps the words fresh on open pages.
    package static let key: LiveKey = "handlers/lag"
    /// What is not behind by more is not told, and no more is what has not been known for so long.
    static let patience = Duration.seconds(5)
    private static let pause = Duration.seconds(1)

    /// How far the handlers are.
    enum State: Sendable, Hashable {
        /// The oldest event that is not handled has waited for so long.
        case behind(Duration)
        /// Nobody has been able to say for so long.
        case unknown(Duration)
    }

    private let service: String
    private let ask: @Sendable () async -> Duration?
    private let now: @Sendable () -> ContinuousClock.Instant
    private var asking: Task<Void, Never>?
    private var askedAt: ContinuousClock.Instant?
    private var known = Duration.zero
    /// When the first question was asked of those that have had no answer since the last one that had.
    private var unansweredSince: ContinuousClock.Instant?

    /// - Parameters:
    ///   - service: As a sentence begins with it: `Analytics`.
    ///   - now: For tests. Default: the system's clock.
    ///   - ask: How long the oldest event that is not handled has waited, zero where there is none; nil where that is not known.
    init(
        of service: String,
        now: @escaping @Sendable () -> ContinuousClock.Instant = { .now },
        ask: @escaping @Sendable () async -> Duration?
    ) {
        (self.service, self.now, self.ask) = (service, now, ask)
    }

    /// What a page says on top; nothing where the handlers are up to date.
    ///
    /// - Parameter limit: How long is waited for servers that are slow; then what was known before is told.
    func words(within limit: Duration = .milliseconds(500)) async -> String {
        Self.words(await state(within: limit), of: service)
    }

    func state(within limit: Duration) async -> State {
        let isDue = askedAt.map { now() - $0 >= Self.pause } ?? true
        if asking == nil, isDue { begin() }
        if let asking { _ = await firstWithin(limit) { await asking.value } }
        return unansweredSince.map { .unknown(now() - $0) } ?? .behind(known)
    }

    private func begin() {
        askedAt = now()
        if unansweredSince == nil { unansweredSince = askedAt }
        asking = Task {
            if let answer = await ask() { (known, unansweredSince) = (answer, nil) }
            asking = nil
        }
    }

    /// The words for a state.
    static func words(_ state: State, of service: String) -> String {
        switch state {
        case .behind(let age) where age > patience: "\(service) is \(age.inWords) behind."
        case .unknown(let time) where time > patience:
            "Whether \(service.lowercased()) is up to date has not been known for \(time.inWords)."
        case .behind, .unknown: ""
        }
    }
}

extension Duration {
    /// The largest unit alone, written out: `1 minute`, `3 hours`; below a minute in steps of 5 s, so that the words do not change with each
    /// second.
    fileprivate var inWords: String {
        let seconds = max(0, components.seconds)
        let (count, unit) =
            switch seconds {
            case ..<60: (seconds / 5 * 5, "second")
            case ..<3600: (seconds / 60, "minute")
            case ..<86400: (seconds / 3600, "hour")
            default: (seconds / 86400, "day")
            }
        return "\(NumberText.count(count)) \(unit)\(count == 1 ? "" : "s")"
    }
}
