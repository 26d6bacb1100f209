import JWTKit
public import Logging

/// The public keys of auth, as far as they are known here. One for all that verify tokens in a process.
///
/// Keys are fetched when first needed and again when they are 5 minutes old. While auth is down they go on serving, for
/// 24 hours at most; requests do not wait for it more than once. Of requests at the same time one fetches and all wait for
/// it; one that is cancelled cancels it for no other.
public actor JWKSCache {
    /// Gets the JSON of the key set. It should end by itself within a few seconds and take no more than some kilobytes.
    public typealias Fetch = @Sendable () async throws -> [UInt8]

    /// How old keys are fetched again. Auth publishes a key twice this long before it signs with it.
    public static let timeToLive = Duration.seconds(300)
    /// How old keys still serve while auth cannot be reached.
    static let longestLife = Duration.seconds(24 * 3600)
    /// How soon a token of an unknown key may cause a fetch after the one before: forged tokens are no load on auth.
    static let pauseForUnknownKeys = Duration.seconds(30)
    /// How soon a fetch is tried again after one that failed.
    static let pauseAfterFailure = Duration.seconds(10)
    /// The same while there are no keys at all.
    static let pauseWithoutKeys = Duration.seconds(1)

    private let fetch: Fetch
    private let now: @Sendable () -> ContinuousClock.Instant
    private let logger: Logger
    /// A collection a key, for a collection of many falls back to its default key.
    private var keys: [String: JWTKeyCollection] = [:]
    private var fetchedAt: ContinuousClock.Instant?
    private var triedAt: ContinuousClock.Instant?
    private var isFailing = false
    private var flight: Task<Void, Never>?

    /// - Parameters:
    ///   - now: For tests. Default: a clock that nobody sets.
    ///   - fetch: Called for one at a time.
    public init(
        logger: Logger = Logger(label: "popug.keys"),
        now: @escaping @Sendable () -> ContinuousClock.Instant = { .now },
        fetch: @escaping Fetch
    ) {
        self.logger = logger
        self.now = now
        self.fetch = fetch
    }

    /// What verifies the tokens of this key and no other; nil where auth has no such key.
    ///
    /// - Throws: `TokenError.keysUnavailable` where auth would have to be asked and cannot.
    func key(_ id: String) async throws(TokenError) -> JWTKeyCollection? {
        if age.map({ $0 >= Self.longestLife }) ?? true {
            await refresh(pause: Self.pauseWithoutKeys)?.value
            guard let age, age < Self.longestLife else { throw .keysUnavailable }
        } else if let age, age >= Self.timeToLive {
            let flight = refresh(pause: Self.pauseAfterFailure)
            // Just due: what is known will do meanwhile. Long due, for nobody asked: better wait, but for no dead auth.
            if age >= Self.timeToLive * 2, !isFailing { await flight?.value }
        }
        if let key = keys[id] { return key }
        await refresh(pause: Self.pauseForUnknownKeys)?.value
        if let key = keys[id] { return key }
        // It may be a new one.
        if isFailing { throw .keysUnavailable }
        return nil
    }

    /// Whether there are keys that may still serve; where there are none it tries to fetch them.
    func areKnown() async -> Bool {
        if age.map({ $0 >= Self.longestLife }) ?? true { await refresh(pause: Self.pauseWithoutKeys)?.value }
        return age.map { $0 < Self.longestLife } ?? false
    }

    private var age: Duration? { fetchedAt.map { $0.duration(to: now()) } }

    /// The fetch under way, or else one that begins now; nil where the last one began within the pause.
    private func refresh(pause: Duration) -> Task<Void, Never>? {
        if let flight { return flight }
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
            let set = try JSONWebKeySet(json: try await fetch())
            var keys: [String: JWTKeyCollection] = [:]
            for key in set.keys {
                let publicKey = try EdDSA.PublicKey(x: Base64URL.encode(key.publicKey), curve: .ed25519)
                keys[key.id] = await JWTKeyCollection().add(eddsa: publicKey)
            }
            if isFailing { logger.notice("the keys of auth are there again") }
            self.keys = keys
            fetchedAt = startedAt
            isFailing = false
        } catch {
            // Once for each time that auth is away.
            let level = isFailing ? Logger.Level.debug : .warning
            logger.log(level: level, "the keys of auth could not be fetched", metadata: ["error": "\(error)"])
            isFailing = true
        }
    }
}
