import HTTPTesting
import Logging
import OpenSSL
import Synchronization

@testable import HTTPKit

/// An issuer of one key, and a cache of its keys whose clock stands until the test moves it.
struct KeysFixture {
    let issuer: FakeIssuer
    let clock = StandingClock()
    let cache: JWKSCache

    init() throws {
        let issuer = FakeIssuer(keys: ["key-1": try Ed25519.PrivateKey()])
        self.issuer = issuer
        let clock = clock
        // What a test holds back may take as long as the machine likes.
        cache = JWKSCache(
            patience: .seconds(3600),
            logger: .silent,
            now: { clock.instant },
            fetch: { try await issuer.fetch() }
        )
    }

    /// What becomes of a look for a key.
    enum Found: Hashable {
        case known, unknown, unavailable
    }

    func look(_ id: String = "key-1") async -> Found { await Self.look(id, in: cache) }

    static func look(_ id: String, in cache: JWKSCache) async -> Found {
        do {
            return try await cache.key(id) == nil ? .unknown : .known
        } catch {
            return .unavailable
        }
    }
}

/// A clock that stands until the test moves it.
final class StandingClock: Sendable {
    private let state = Mutex(ContinuousClock.now)

    var instant: ContinuousClock.Instant { state.withLock(\.self) }

    func advance(by duration: Duration) { state.withLock { $0 = $0.advanced(by: duration) } }
}

extension Logger {
    static var silent: Logger { Logger(label: "test") { _ in SwiftLogNoOpLogHandler() } }
}
