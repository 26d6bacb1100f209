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
        var lines = ["\(head) HTTP/1.1"] + headers + ["Connection: close"]
        if !headers.contains(where: { $0.lowercased().hasPrefix("host:") }) { lines.append("Host: 127.0.0.1:\(port)") }
        if let body { lines.append("Content-Length: \(body.utf8.count)") }
        let text = lines.joined(separator: "\r\n") + "\r\n\r\n" + (body ?? "")
        return try await RawConnection.open(port) { connection in
            // An answer may come before all is sent.
            try? await connection.send(text)
            return await connection.read()
        }
    }
}

extension String {
    /// The status of an answer.
    var status: Int? { split(separator: " ").dropFirst().first.flatMap { Int($0) } }

    /// The lines of an answer's head that begin so, without that.
    func header(_ name: String) -> String? {
        let head = components(separatedBy: "\r\n\r\n").first ?? ""
        return head.components(separatedBy: "\r\n").first { $0.lowercased().hasPrefix(name.lowercased() + ":") }
            .map { String($0.dropFirst(name.count + 1).drop { $0 == " " }) }
    }
}
