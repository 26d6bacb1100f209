import Foundation
import Redis

/// Answers the connection's introduction, and then each command with the next of the replies, word for word.
func withScriptedServer<R>(
    greeting: String = "+OK\r\n",
    replies: [String],
    password: String? = nil,
    _ body: (RedisConfiguration) throws -> R
) async throws -> R {
    let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    defer { close(listener) }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let bound = withUnsafeMutablePointer(to: &address) {
        $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
            bind(listener, pointer, length) == 0 && listen(listener, 1) == 0
                && getsockname(listener, pointer, &length) == 0
        }
    }
    guard bound else { throw POSIXError(.EADDRINUSE) }
    let server = Thread {
        let client = accept(listener, nil, nil)
        guard client >= 0 else { return }
        defer { close(client) }
        var buffer = [UInt8](repeating: 0, count: 4_096)
        for reply in [greeting] + replies {
            guard recv(client, &buffer, buffer.count, 0) > 0 else { return }
            _ = send(client, reply, reply.utf8.count, Int32(MSG_NOSIGNAL))
        }
        // Until the client goes.
        while recv(client, &buffer, buffer.count, 0) > 0 {}
    }
    server.start()
    let credentials = password.map { ":\($0)@" } ?? ""
    let port = UInt16(bigEndian: address.sin_port)
    return try body(RedisConfiguration(url: "redis://\(credentials)127.0.0.1:\(port)"))
}
