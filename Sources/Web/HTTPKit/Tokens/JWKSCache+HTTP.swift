import HTTPTypes
public import Logging

extension JWKSCache {
    /// The keys that the issuer publishes under its URL, at `/.well-known/jwks.json`. A fetch takes 64 KiB at the most, and follows no redirect.
    ///
    /// - Parameters:
    ///   - internally: Where this program itself reaches the issuer. Default: as everybody does.
    ///   - patience: How long a fetch may take, and whoever waits for it.
    public init(
        issuer: Issuer,
        internally: Issuer? = nil,
        patience: Duration,
        logger: Logger = Logger(label: "keys")
    ) {
        self.init(patience: patience, logger: logger) {
            let request = HTTPClient.Request(.get, (internally ?? issuer).url("/.well-known/jwks.json"))
            let answer = try await HTTPClient.shared.send(request, within: patience, largest: 64 * 1024)
            guard answer.status == 200 else { throw UnexpectedStatus(code: answer.status) }
            return answer.body
        }
    }

    private struct UnexpectedStatus: Error {
        let code: Int
    }
}
