public import AsyncHTTPClient
public import Logging
import NIOCore
import NIOHTTP1

extension JWKSCache {
    /// The keys that auth publishes under its URL. A fetch takes 64 KiB at the most.
    ///
    /// - Parameters:
    ///   - client: Is not shut down. Default: the one that all of the process share.
    ///   - patience: How long a fetch may take. Default 2 s.
    public init(
        issuer: Issuer,
        client: HTTPClient = .shared,
        patience: Duration = .seconds(2),
        logger: Logger = Logger(label: "popug.keys")
    ) {
        self.init(logger: logger) {
            let request = HTTPClientRequest(url: issuer.url("/.well-known/jwks.json"))
            let response = try await client.execute(request, timeout: TimeAmount(patience))
            guard response.status == .ok else { throw UnexpectedStatus(code: response.status.code) }
            return Array(buffer: try await response.body.collect(upTo: 64 * 1024))
        }
    }

    private struct UnexpectedStatus: Error {
        let code: UInt
    }
}
