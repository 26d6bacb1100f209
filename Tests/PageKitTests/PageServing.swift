import Foundation
import HTTPKit
import HTTPTesting
import Hummingbird
import Logging
import PageKit
import ServiceLifecycle

/// A server of pages on a free port, for as long as a test's body runs.
enum PageServing {
    static func serve<R: Sendable>(
        limits: EdgeLimits = EdgeLimits(),
        _ routes: (Router<PageContext>) -> Void,
        _ body: @escaping @Sendable (_ port: Int, _ stop: @escaping @Sendable () async -> Void) async throws -> R
    ) async throws -> R {
        let router = Router(context: PageContext.self)
        routes(router)
        var logger = Logger(label: "pages")
        logger.logLevel = .critical
        let (ports, port) = AsyncStream<Int>.makeStream()
        let server = EdgeServer(router: router, host: "127.0.0.1", port: 0, limits: limits, logger: logger) {
            port.yield($0)
        }
        let group = ServiceGroup(services: [server], logger: logger)
        return try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await group.run() }
            guard let found = await ports.first(where: { _ in true }) else { throw CancellationError() }
            let result = try await body(found) { await group.triggerGracefulShutdown() }
            await group.triggerGracefulShutdown()
            try await tasks.waitForAll()
            return result
        }
    }

    /// The whole answer as text, head and body.
    static func ask(_ port: Int, _ head: String, _ headers: [String] = [], body: String? = nil) async throws -> String {
        try await RawAnswer.ask(port, head, headers, body: body).text
    }
}

/// An answer's text, read.
extension String {
    var status: Int { RawAnswer(text: self).status }

    func header(_ name: String) -> String? { RawAnswer(text: self).header(name) }
}
