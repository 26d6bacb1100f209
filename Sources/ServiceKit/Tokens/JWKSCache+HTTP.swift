public import AsyncHTTPClient
public import Logging
import NIOCore
import NIOHTTP1

extension JWKSCache {
    /// The keys that auth publishes under its URL. A fetch takes 2 seconds and 64 KiB at the most.
    ///
    /// - Parameter client: Is not shut down. Default: the one that all of the process share.
    public init(issuer: Issuer, client: HTTPClient = .shared, logger: Logger = Logger(label: "popug.keys")) {
        self.init(logger: logger) {
            let request = HTTPClientRequest(url: issuer.url("/.well-known/jwks.json"))
            let response = try await client.execute(request, timeout: .seconds(2))
            guard response.status == .ok else { throw UnexpectedStatus(code: response.status.code) }
            return Array(buffer: try await response.body.collect(upTo: 64 * 1024))
        }
    }

    private struct UnexpectedStatus: Error {
        let code: UInt
    }
}
