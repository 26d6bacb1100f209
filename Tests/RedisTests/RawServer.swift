import Foundation

/// Accepts one connection on a free port of 127.0.0.1 and hands it to `serve`, on a thread of its own; then closes it.
func withRawServer<R>(
    _ serve: @escaping @Sendable (Int32) -> Void,
    _ body: (_ port: Int) async throws -> R
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
        serve(client)
        close(client)
    }
    server.start()
    return try await body(Int(UInt16(bigEndian: address.sin_port)))
}

/// Reads until the other side closes.
func drain(_ socket: Int32) {
    var buffer = [UInt8](repeating: 0, count: 4_096)
    while recv(socket, &buffer, buffer.count, 0) > 0 {}
}

/// A connection to a port of 127.0.0.1; below zero: none.
func connected(to port: Int) -> Int32 {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    address.sin_port = UInt16(port).bigEndian
    let result = withUnsafePointer(to: &address) {
        $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
            connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
        }
    }
    if result == 0 { return descriptor }
    close(descriptor)
    return -1
}
