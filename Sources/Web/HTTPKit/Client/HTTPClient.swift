import Foundation
package import HTTPTypes

#if canImport(FoundationNetworking)
    import FoundationNetworking
#endif

/// An HTTP and HTTPS client for documents and small answers. It blocks none of Swift's threads.
///
/// It is Foundation's client, which comes with the toolchain. On Linux it uses the system's libcurl, which reads `http_proxy` and
/// `no_proxy` from the environment. It follows no redirects, and keeps no cookies, no credentials and no cache.
package struct HTTPClient: Sendable {
    /// What is sent.
    package struct Request: Sendable {
        package var method: HTTPRequest.Method
        package var url: String
        package var headers: [String: String]
        package var body: [UInt8]?

        package init(
            _ method: HTTPRequest.Method,
            _ url: String,
            headers: [String: String] = [:],
            body: [UInt8]? = nil
        ) {
            self.method = method
            self.url = url
            self.headers = headers
            self.body = body
        }
    }

    /// What came back, whatever its status; a redirect too.
    package struct Answer: Sendable, Hashable {
        package let status: Int
        package let body: [UInt8]
    }

    /// One for all of the process: connections are kept and used again.
    package static let shared = HTTPClient()

    private let exchanges = HTTPExchanges()
    private let session: URLSession

    private init() {
        let configuration = URLSessionConfiguration.ephemeral
        configuration.httpCookieStorage = nil
        configuration.httpShouldSetCookies = false
        configuration.urlCredentialStorage = nil
        configuration.urlCache = nil
        configuration.requestCachePolicy = .reloadIgnoringLocalCacheData
        configuration.httpMaximumConnectionsPerHost = 64
        // There is one deadline, and it is ours: this one begins again with each byte.
        configuration.timeoutIntervalForRequest = 3600
        session = URLSession(configuration: configuration, delegate: exchanges, delegateQueue: nil)
    }

    /// Sends a request and waits for the whole answer.
    ///
    /// - Parameters:
    ///   - limit: How long connecting, head and body may take together. The call ends then, whatever the other side does.
    ///   - largest: The most bytes that the answer's body may have, as it is after any decompression.
    /// - Throws: `HTTPClientError`, `CancellationError`, or what Foundation says of a connection that failed.
    package func send(_ request: Request, within limit: Duration, largest: Int) async throws -> Answer {
        guard let url = URL(string: request.url), let scheme = url.scheme?.lowercased(),
            scheme == "http" || scheme == "https"
        else { throw HTTPClientError.notHTTP }
        var message = URLRequest(url: url)
        message.httpMethod = request.method.rawValue
        for (name, value) in request.headers { message.setValue(value, forHTTPHeaderField: name) }
        message.httpBody = request.body.map { Data($0) }
        let task = session.dataTask(with: message)
        let alarm = Task { [exchanges] in
            try await Task.sleep(for: limit)
            exchanges.end(task, .failure(HTTPClientError.tookTooLong))
        }
        defer { alarm.cancel() }
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                exchanges.begin(task, largest: largest, continuation)
            }
        } onCancel: {
            exchanges.end(task, .failure(CancellationError()))
        }
    }
}

/// Why there is no answer.
package enum HTTPClientError: Error, Hashable {
    /// The URL is none of http or https.
    case notHTTP
    /// The time was up before the answer was whole.
    case tookTooLong
    /// The answer is longer than the caller takes.
    case tooLarge
}
