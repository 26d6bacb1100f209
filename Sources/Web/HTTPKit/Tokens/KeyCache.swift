import Executors
package import Logging

/// The public keys of an issuer, by their ids, as far as they are known here. One for all that verify its tokens in a process.
///
/// Keys are fetched when first needed and again when they are 5 minutes old. While the issuer is down they go on serving, for
/// 24 hours at most; requests do not wait for it more than once. Of requests at the same time one fetches and all wait for
/// it; one that is cancelled cancels it for no other. Nobody waits longer than the cache's patience, whatever the fetch does.
package actor KeyCache<Key: Sendable> {
    private let pauseForUnknownKeys: Duration
    private let fetch: @Sendable () async throws -> [UInt8]
    private let read: @Sendable ([UInt8]) throws -> [String: Key]
    private let patience: Duration
    private let now: @Sendable () -> ContinuousClock.Instant
    private let logger: Logger
    private var keys: [String: Key] = [:]
    private var fetchedAt: ContinuousClock.Instant?
    private var triedAt: ContinuousClock.Instant?
    private var isFailing = false
    /// The fetch that others wait for. It ends when the patience is over, if not before.
    private var flight: Task<Void, Never>?
    /// A fetch has begun and not ended. Where nobody waits for it any more it hangs, and there is no second one beside it.
    private var isFetching = false

    /// - Parameters:
    ///   - patience: How long a fetch may take, and whoever waits for it.
    ///   - pauseForUnknownKeys: How soon a token of an unknown key may cause a fetch after the one before: forged tokens are no load on
    ///     the issuer.
    ///   - now: For tests. Default: a clock that nobody sets.
    ///   - fetch: Gets the JSON of the key set. Called for one at a time, and cancelled when the patience is over.
    ///   - read: The keys of such a set; where it throws, nothing of the set is used.
    package init(
        patience: Duration,
        pauseForUnknownKeys: Duration,
        logger: Logger,
        now: @escaping @Sendable () -> ContinuousClock.Instant = { .now },
        fetch: @escaping @Sendable () async throws -> [UInt8],
        read: @escaping @Sendable ([UInt8]) throws -> [String: Key]
    ) {
        self.patience = patience
        self.pauseForUnknownKeys = pauseForUnknownKeys
        self.logger = logger
        self.now = now
        self.fetch = fetch
        self.read = read
    }

    /// What verifies the tokens of this id and no other; nil where the issuer has no such key.
    ///
    /// - Throws: `TokenError.keysUnavailable` where the issuer would have to be asked and cannot.
    package func key(_ id: String) async throws(TokenError) -> Key? {
        if age.map({ $0 >= KeyTimes.longestLife }) ?? true {
            await refresh(pause: KeyTimes.pauseWithoutKeys)?.value
            guard let age, age < KeyTimes.longestLife else { throw .keysUnavailable }
        } else if let age, age >= KeyTimes.timeToLive {
            let flight = refresh(pause: KeyTimes.pauseAfterFailure)
            // Just due: what is known will do meanwhile. Long due, for nobody asked: better wait, but for no dead issuer.
            if age >= KeyTimes.timeToLive * 2, !isFailing { await flight?.value }
        }
        if let key = keys[id] { return key }
        await refresh(pause: pauseForUnknownKeys)?.value
        if let key = keys[id] { return key }
        // It may be a new one.
        if isFailing { throw .keysUnavailable }
        return nil
    }

    /// Whether there are keys that may still serve; where there are none it tries to fetch them. No, too, while a fetch hangs
    /// for which nobody waits any more: these keys can be fetched no more.
    package func areKnown() async -> Bool {
        if isFetching, flight == nil { return false }
        if age.map({ $0 >= KeyTimes.longestLife }) ?? true { await refresh(pause: KeyTimes.pauseWithoutKeys)?.value }
        return age.map { $0 < KeyTimes.longestLife } ?? false
    }

    private var age: Duration? { fetchedAt.map { $0.duration(to: now()) } }

    /// The fetch under way, or else one that begins now; nil where the last one began within the pause.
    private func refresh(pause: Duration) -> Task<Void, Never>? {
        if let flight { return flight }
        if isFetching { return nil }
        let now = now()
        if let triedAt, triedAt.duration(to: now) < pause { return nil }
        triedAt = now
        let started = Task { await load(startedAt: now) }
        flight = started
        return started
    }

    private func load(startedAt: ContinuousClock.Instant) async {
        defer { flight = nil }
        do {
            let keys = try read(try await fetchInTime())
            if isFailing { logger.notice("the issuer's keys are there again") }
            self.keys = keys
            fetchedAt = startedAt
            isFailing = false
        } catch {
            // Once for each time that the issuer is away.
            let level = isFailing ? Logger.Level.debug : .warning
            logger.log(level: level, "the issuer's keys could not be fetched", metadata: ["error": "\(error)"])
            isFailing = true
        }
    }

    private func fetchInTime() async throws -> [UInt8] {
        isFetching = true
        let result = await firstWithin(patience) { [fetch] in
            let result: Result<[UInt8], any Error>
            do { result = .success(try await fetch()) } catch { result = .failure(error) }
            await self.fetchHasEnded()
            return result
        }
        guard let result else { throw TookTooLong() }
        return try result.get()
    }

    private func fetchHasEnded() { isFetching = false }
}

private struct TookTooLong: Error {}

/// How old keys may be, and how often an issuer is asked.
enum KeyTimes {
    /// How old keys are fetched again.
    static let timeToLive = Duration.seconds(300)
    /// How old keys still serve while the issuer cannot be reached.
    static let longestLife = Duration.seconds(24 * 3600)
    /// How soon a fetch is tried again after one that failed.
    static let pauseAfterFailure = Duration.seconds(10)
    /// The same while there are no keys at all.
    static let pauseWithoutKeys = Duration.seconds(1)
}
