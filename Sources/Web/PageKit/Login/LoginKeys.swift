import HTTPKit
import HTTPTypes
import Logging
import StrictJSON

/// Verifies what an issuer has signed, with the keys that it publishes.
struct LoginKeys: Sendable {
    /// The longest token that is looked at, in bytes.
    static let longestToken = 32 * 1024

    private let keys: KeyCache<TokenKey>

    /// - Parameter patience: How long a fetch of keys may take.
    init(
        _ settings: OpenIDSettings,
        discovery: OpenIDDiscovery,
        patience: Duration,
        logger: Logger,
        now: @escaping @Sendable () -> ContinuousClock.Instant
    ) {
        keys = KeyCache(
            // The discovery document may have to come first.
            patience: patience * 2,
            pauseForUnknownKeys: .seconds(60),
            logger: logger,
            now: now,
            fetch: {
                try await OpenIDFetch.document(settings.internally(discovery.provider().keySet), within: patience)
            },
            read: { try TokenKey.all(ofSet: $0) }
        )
    }

    /// What a token says, once its signature is right: by the key that it names, with the one algorithm of that key.
    ///
    /// - Parameter types: What `typ` may be, in lowercase, where it is there.
    /// - Throws: `LoginError`: `.notVerified`, or `.issuerAway` where there are no keys to verify with.
    func claims(of token: String, types: Set<String>) async throws(LoginError) -> JSONValue {
        guard token.utf8.count <= Self.longestToken, let parts = try? SignedToken(token),
            let header = try? JSONDocument(parts.header).root, header.kind == .object
        else { throw LoginError(.notVerified, "not a signed token") }
        // Whoever made the token says what to mind, and it is not known here.
        guard header["crit"] == nil else { throw LoginError(.notVerified, "the token has crit") }
        if let type = header["typ"], !(type.string.map { types.contains($0.lowercased()) } ?? false) {
            throw LoginError(.notVerified, "another type of token")
        }
        guard let algorithm = header["alg"]?.string, TokenKey.algorithms.contains(algorithm) else {
            throw LoginError(.notVerified, "another algorithm")
        }
        guard let id = header["kid"]?.string, TokenKey.isID(id) else {
            throw LoginError(.notVerified, "the token names no key")
        }
        let key: TokenKey?
        do { key = try await keys.key(id) } catch {
            throw LoginError(.issuerAway, "its keys cannot be fetched")
        }
        guard let key else { throw LoginError(.notVerified, "an unknown key") }
        guard key.algorithm.hasBytes(of: algorithm) else { throw LoginError(.notVerified, "not the key's algorithm") }
        guard key.verifies(parts.signature, of: parts.signed) else {
            throw LoginError(.notVerified, "another signature")
        }
        guard let claims = try? JSONDocument(parts.payload).root, claims.kind == .object else {
            throw LoginError(.notVerified, "the claims are not strict JSON")
        }
        return claims
    }
}

/// Documents of an issuer.
enum OpenIDFetch {
    /// The most bytes of an answer.
    static let largest = 256 * 1024

    /// - Throws: `LoginError.issuerAway`, also for an answer that is too long, too slow, or a redirect.
    static func document(_ url: String, within limit: Duration) async throws(LoginError) -> [UInt8] {
        let request = HTTPClient.Request(.get, url, headers: ["Accept": "application/json"])
        let answer = try await answer(to: request, within: limit)
        guard answer.status == 200 else { throw LoginError(.issuerAway, "it answered \(answer.status)") }
        return answer.body
    }

    static func answer(
        to request: HTTPClient.Request,
        within limit: Duration
    ) async throws(LoginError) -> HTTPClient.Answer {
        do {
            return try await HTTPClient.shared.send(request, within: limit, largest: largest)
        } catch let error as HTTPClientError {
            throw LoginError(.issuerAway, "\(error)")
        } catch {
            // What Foundation says holds the whole address.
            throw LoginError(.issuerAway, "no connection")
        }
    }
}
