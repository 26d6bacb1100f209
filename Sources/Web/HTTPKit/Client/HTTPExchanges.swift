import Dispatch
import Foundation
import Synchronization

#if canImport(FoundationNetworking)
    import FoundationNetworking
#endif

/// What is under way of an `HTTPClient`. Each exchange ends once: by its answer, an error, its deadline or its caller's
/// cancellation, whichever comes first. What comes later finds nothing.
final class HTTPExchanges: NSObject, URLSessionDataDelegate {
    typealias Continuation = CheckedContinuation<HTTPClient.Answer, any Error>

    private struct Exchange {
        let largest: Int
        let continuation: Continuation
        var status = 0
        var body: [UInt8] = []
    }

    private let underWay = Mutex<[Int: Exchange]>([:])
    /// Foundation waits for locks where a task is started and cancelled: here, and not on Swift's threads.
    private let queue = DispatchQueue(label: "http-client")

    func begin(_ task: URLSessionTask, largest: Int, _ continuation: Continuation) {
        underWay.withLock { $0[task.taskIdentifier] = Exchange(largest: largest, continuation: continuation) }
        // Cancelled before there was anything to end.
        if Task.isCancelled { return end(task, .failure(CancellationError())) }
        queue.async { task.resume() }
    }

    /// Ends the exchange, if it has not ended, and lets go of its connection.
    func end(_ task: URLSessionTask, _ result: Result<HTTPClient.Answer, any Error>) {
        guard let exchange = underWay.withLock({ $0.removeValue(forKey: task.taskIdentifier) }) else { return }
        exchange.continuation.resume(with: result)
        queue.async { task.cancel() }
    }

    // MARK: URLSessionDataDelegate

    func urlSession(
        _ session: URLSession,
        dataTask task: URLSessionDataTask,
        didReceive response: URLResponse,
        completionHandler: @escaping @Sendable (URLSession.ResponseDisposition) -> Void
    ) {
        let status = (response as? HTTPURLResponse)?.statusCode ?? 0
        underWay.withLock { $0[task.taskIdentifier]?.status = status }
        completionHandler(.allow)
    }

    func urlSession(_ session: URLSession, dataTask task: URLSessionDataTask, didReceive data: Data) {
        let fits = underWay.withLock { underWay in
            guard let exchange = underWay[task.taskIdentifier] else { return true }
            guard data.count <= exchange.largest - exchange.body.count else { return false }
            underWay[task.taskIdentifier]?.body += data
            return true
        }
        if !fits { end(task, .failure(HTTPClientError.tooLarge)) }
    }

    func urlSession(
        _ session: URLSession,
        task: URLSessionTask,
        willPerformHTTPRedirection response: HTTPURLResponse,
        newRequest request: URLRequest,
        completionHandler: @escaping @Sendable (URLRequest?) -> Void
    ) {
        // Where it leads is the other side's word: the caller asked this address and no other. On Linux Foundation traps where
        // this is answered for a task that has been cancelled meanwhile, so it is cancelled and not answered.
        end(task, .success(HTTPClient.Answer(status: response.statusCode, body: [])))
        #if !canImport(FoundationNetworking)
            completionHandler(nil)
        #endif
    }

    func urlSession(
        _ session: URLSession,
        task: URLSessionTask,
        didReceive challenge: URLAuthenticationChallenge,
        completionHandler: @escaping @Sendable (URLSession.AuthChallengeDisposition, URLCredential?) -> Void
    ) {
        #if canImport(FoundationNetworking)
            // A 401, whole. There are no credentials to try again with, and where it is answered so, Foundation never ends the task.
            let answer = underWay.withLock { underWay in
                underWay[task.taskIdentifier].map { exchange in
                    let status = (challenge.failureResponse as? HTTPURLResponse)?.statusCode ?? exchange.status
                    return HTTPClient.Answer(status: status, body: exchange.body)
                }
            }
            if let answer { end(task, .success(answer)) }
        #else
            completionHandler(.performDefaultHandling, nil)
        #endif
    }

    func urlSession(_ session: URLSession, task: URLSessionTask, didCompleteWithError error: (any Error)?) {
        if let error { return end(task, .failure(error)) }
        let answer = underWay.withLock { underWay in
            underWay[task.taskIdentifier].map { HTTPClient.Answer(status: $0.status, body: $0.body) }
        }
        if let answer { end(task, .success(answer)) }
    }
}
