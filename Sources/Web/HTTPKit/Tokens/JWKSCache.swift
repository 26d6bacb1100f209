public import Logging
package import OpenSSL

/// The public keys that access tokens are verified with, as far as they are known here: a `KeyCache` of keys of Ed25519. One for all
/// that verify the issuer's tokens in a process.
public struct JWKSCache: Sendable {
    /// Gets the JSON of the key set. It is cancelled when the cache's patience is over, and should end then. It should take no
    /// more than some kilobytes.
    public typealias Fetch = @Sendable () async throws -> [UInt8]

    /// How old keys are fetched again. An issuer has to publish a key twice this long before it signs with it.
    public static let timeToLive = KeyTimes.timeToLive
    /// How long a request that somebody waits for should wait for keys.
    public static let usualPatience = Duration.seconds(2)

    private let cache: KeyCache<Ed25519.PublicKey>

    /// - Parameters:
    ///   - patience: How long a fetch may take, and whoever waits for it. It has no default: `usualPatience` serves people, and
    ///     refuses them where a machine is too busy to fetch in time.
    ///   - now: For tests. Default: a clock that nobody sets.
    ///   - fetch: Called for one at a time.
    public init(
        patience: Duration,
        logger: Logger = Logger(label: "keys"),
        now: @escaping @Sendable () -> ContinuousClock.Instant = { .now },
        fetch: @escaping Fetch
    ) {
        cache = KeyCache(
            patience: patience,
            pauseForUnknownKeys: .seconds(30),
            logger: logger,
            now: now,
            fetch: fetch
        ) { json in
            var keys: [String: Ed25519.PublicKey] = [:]
            for key in try JSONWebKeySet(json: json).keys {
                keys[key.id] = try Ed25519.PublicKey(bytes: key.publicKey)
            }
            return keys
        }
    }

    /// What verifies the tokens of this key and no other; nil where the issuer has no such key.
    ///
    /// - Throws: `TokenError.keysUnavailable` where the issuer would have to be asked and cannot.
    package func key(_ id: String) async throws(TokenError) -> Ed25519.PublicKey? { try await cache.key(id) }

    /// Whether there are keys that may still serve; where there are none it tries to fetch them. No, too, while a fetch hangs
    /// for which nobody waits any more: these keys can be fetched no more.
    public func areKnown() async -> Bool { await cache.areKnown() }
}
