#if canImport(Darwin)
    import Darwin
#elseif canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// Asks over a plain socket whether a Redis is ready, with no client library.
enum RedisProbe {
    /// True when the server on that port is the process given, and has loaded its data.
    static func answers(port: UInt16, password: String?, pid: pid_t) -> Bool {
        let socket = openSocket()
        guard socket >= 0 else { return false }
        defer { close(socket) }
        var limit = timeval(tv_sec: 1, tv_usec: 0)
        setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        guard withLoopbackAddress(port, { connect(socket, $0, $1) }) == 0 else { return false }

        var request = ""
        if let password { request += "*2\r\n$4\r\nAUTH\r\n$\(password.utf8.count)\r\n\(password)\r\n" }
        // PING is refused while the data is being loaded; INFO tells that this is not another process's server.
        request += "INFO server\r\nPING\r\nQUIT\r\n"
        let bytes = Array(request.utf8)
        #if canImport(Darwin)
            let sent = send(socket, bytes, bytes.count, 0)
        #else
            let sent = send(socket, bytes, bytes.count, Int32(MSG_NOSIGNAL))
        #endif
        guard sent == bytes.count else { return false }
        var reply: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 4_096)
        while reply.count < 65_536 {
            let count = recv(socket, &buffer, buffer.count, 0)
            if count <= 0 { break }
            reply += buffer[..<count]
        }
        let text = String(decoding: reply, as: UTF8.self)
        return text.contains("process_id:\(pid)\r\n") && text.contains("+PONG\r\n")
    }
}
