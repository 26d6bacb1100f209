import LocalServers
import Logging
import NIOCore
import NIOPosix
import PerchTesting
import ServiceKit

/// Bytes to a server and back, as they are.
enum RawHTTP {
    /// Sends the text and gives all that comes until the server ends the connection: ask for `Connection: close`.
    static func exchange(_ port: Int, _ text: String) async throws -> String {
        let channel = try await ClientBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .connect(host: "127.0.0.1", port: port) { channel in
                channel.eventLoop.makeCompletedFuture {
                    try NIOAsyncChannel<ByteBuffer, ByteBuffer>(wrappingChannelSynchronously: channel)
                }
            }
        return try await channel.executeThenClose { inbound, outbound in
            try await outbound.write(ByteBuffer(string: text))
            var received = ByteBuffer()
            for try await part in inbound { received.writeImmutableBuffer(part) }
            return String(buffer: received)
        }
    }

    /// Calls by GET, with a token.
    static func get(_ port: Int, _ path: String, token: String? = nil) async throws -> String {
        let authorization = token.map { "Authorization: Bearer \($0)\r\n" } ?? ""
        return try await exchange(
            port,
            "GET \(path) HTTP/1.1\r\nHost: x\r\n\(authorization)Connection: close\r\n\r\n"
        )
    }

    /// What follows the fields of the answer's head.
    static func body(of answer: String) -> String {
        guard let end = answer.firstRange(of: "\r\n\r\n") else { return "" }
        return String(answer[end.upperBound...])
    }
}

/// Serves an API on a port, as its program does, while the body runs.
func whileServing<R: Sendable>(
    _ api: API,
    verifier: any TokenVerifying,
    proxies: TrustedProxies = .none,
    _ body: (_ port: Int) async throws -> R
) async throws -> R {
    let port = try freePort()
    let server = APIServer(
        api: api,
        host: "127.0.0.1",
        port: port,
        verifier: verifier,
        proxies: proxies,
        logger: .silent
    )
    return try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask { try await server.run() }
        defer { group.cancelAll() }
        try await eventually("it serves") { (try? await RawHTTP.get(port, "/health/live")) != nil }
        return try await body(port)
    }
}
