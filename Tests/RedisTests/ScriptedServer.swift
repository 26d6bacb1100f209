import Foundation
import Redis

/// Answers the connection's introduction, and then each command with the next of the replies, word for word.
func withScriptedServer<R>(
    greeting: String = "+OK\r\n",
    replies: [String],
    password: String? = nil,
    _ body: (RedisConfiguration) throws -> R
) async throws -> R {
    let answer: @Sendable (Int32) -> Void = { client in
        var buffer = [UInt8](repeating: 0, count: 4_096)
        for reply in [greeting] + replies {
            guard recv(client, &buffer, buffer.count, 0) > 0 else { return }
            _ = send(client, reply, reply.utf8.count, Int32(MSG_NOSIGNAL))
        }
        // Until the client goes.
        drain(client)
    }
    let credentials = password.map { ":\($0)@" } ?? ""
    return try await withRawServer(answer) { port in
        try body(RedisConfiguration(url: "redis://\(credentials)127.0.0.1:\(port)"))
    }
}
