#if canImport(Darwin)
    import Darwin
#elseif canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// A TCP port on 127.0.0.1 that nothing listens on at this moment.
///
/// The port lies below the range that the system gives to outgoing connections: a client that keeps knocking on a
/// stopped server could otherwise be given that very port, and take it or even connect to itself.
/// Another process may still take the port before you do; the servers here retry with another one.
/// - Throws: `LocalServerError` when no free port was found.
public func freePort() throws(LocalServerError) -> Int {
    for _ in 0..<200 {
        let port = UInt16.random(in: 20_000..<32_000)
        if isFree(port: Int(port)) { return Int(port) }
    }
    throw LocalServerError(.startFailed, "No free TCP port was found on 127.0.0.1 between 20000 and 31999.")
}

/// Whether nothing listens on the port of 127.0.0.1 at this moment.
package func isFree(port: Int) -> Bool {
    guard let port = UInt16(exactly: port) else { return false }
    let socket = openSocket()
    guard socket >= 0 else { return false }
    defer { close(socket) }
    // As the servers bind: a port whose last connection is still in TIME_WAIT is free.
    var yes: Int32 = 1
    setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &yes, socklen_t(MemoryLayout<Int32>.size))
    return withLoopbackAddress(port) { bind(socket, $0, $1) } == 0 && listen(socket, 1) == 0
}

/// A TCP socket that child processes do not inherit.
func openSocket() -> Int32 {
    #if canImport(Darwin)
        let descriptor = socket(AF_INET, SOCK_STREAM, 0)
        _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
        return descriptor
    #elseif canImport(Glibc)
        return socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    #else
        return socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)
    #endif
}

func withLoopbackAddress<R>(_ port: UInt16, _ body: (UnsafePointer<sockaddr>, socklen_t) -> R) -> R {
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    return withUnsafePointer(to: address) {
        $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, socklen_t(MemoryLayout<sockaddr_in>.size)) }
    }
}
