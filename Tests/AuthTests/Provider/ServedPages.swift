import HTTPKit
import HTTPTesting
import Hummingbird
import Logging
import PageKit
import ServiceKit
import ServiceTesting

/// Serves pages of a program on a port of this machine while the body runs.
///
/// - Parameter port: 0: any free one.
func whileServingPages<R: Sendable>(
    on port: Int = 0,
    _ routes: (Router<PageContext>) -> Void,
    _ body: @escaping @Sendable (_ port: Int) async throws -> R
) async throws -> R {
    let router = Router(context: PageContext.self)
    routes(router)
    let (ports, found) = AsyncStream<Int>.makeStream()
    let server = EdgeServer(router: router, host: "127.0.0.1", port: port, logger: .silent) { found.yield($0) }
    return try await untilServed(ports, found, { try await server.run() }, body)
}

/// Serves an API on a port that is known before: its issuer names it.
func whileServing<R: Sendable>(
    _ api: API,
    verifier: any TokenVerifying,
    on port: Int,
    _ body: @escaping @Sendable () async throws -> R
) async throws -> R {
    let (ports, found) = AsyncStream<Int>.makeStream()
    let server = APIServer(api: api, host: "127.0.0.1", port: port, verifier: verifier, logger: .silent) {
        found.yield($0)
    }
    return try await untilServed(ports, found, { try await server.run() }) { _ in try await body() }
}

/// A port that is free now; somebody may take it before it is served: then it is another one's turn.
func withFreePort(_ body: @escaping @Sendable (_ port: Int) async throws -> Void) async throws {
    while true {
        let port = try await whileServingPages({ _ in }) { $0 }
        do {
            return try await body(port)
        } catch  where isPortTaken(error) {}
    }
}

private func untilServed<R: Sendable>(
    _ ports: AsyncStream<Int>,
    _ found: AsyncStream<Int>.Continuation,
    _ serve: @escaping @Sendable () async throws -> Void,
    _ body: @escaping @Sendable (Int) async throws -> R
) async throws -> R {
    try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask {
            defer { found.finish() }
            try await serve()
        }
        defer { group.cancelAll() }
        guard let port = await ports.first(where: { _ in true }) else {
            try await group.waitForAll()
            throw CancellationError()
        }
        return try await body(port)
    }
}
