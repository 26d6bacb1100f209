import COpenSSL

#if canImport(Darwin)
    import Darwin
#elseif canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// How OpenSSL reads and writes a socket here. Its own way is `write()`, which is SIGPIPE where the peer is gone, and waits as the
/// socket waits; this one never waits: whoever calls OpenSSL does, with a deadline, and can be interrupted.
struct SocketTransport {
    let descriptor: Int32
    /// The `errno` that ended the last call; 0 after one that succeeded or would have to wait.
    var cause: Int32 = 0
    var isClosed = false

    init(_ descriptor: Int32) { self.descriptor = descriptor }

    /// The functions, to be freed by `BIO_meth_free` after the last BIO with them. Nil: out of memory.
    ///
    /// A BIO's data is a `SocketTransport` that outlives it.
    static func make() -> OpaquePointer? {
        guard let method = BIO_meth_new(BIO_TYPE_SOURCE_SINK, "socket") else { return nil }
        BIO_meth_set_write(method) { bio, bytes, count in
            SocketTransport.move(bio, BIO_FLAGS_WRITE) {
                send($0, bytes, Int(max(count, 0)), SocketTransport.sendFlags)
            }
        }
        BIO_meth_set_read(method) { bio, bytes, count in
            SocketTransport.move(bio, BIO_FLAGS_READ) { recv($0, bytes, Int(max(count, 0)), Int32(MSG_DONTWAIT)) }
        }
        BIO_meth_set_ctrl(method) { _, command, _, _ in
            // Nothing is kept back, so all is flushed; nothing else is offered.
            command == BIO_CTRL_FLUSH || command == BIO_CTRL_DUP ? 1 : 0
        }
        return method
    }

    private static func move(_ bio: OpaquePointer?, _ direction: Int32, _ call: (Int32) -> Int) -> Int32 {
        guard let bio, let data = BIO_get_data(bio) else { return -1 }
        let transport = data.assumingMemoryBound(to: SocketTransport.self)
        BIO_clear_flags(bio, BIO_FLAGS_READ | BIO_FLAGS_WRITE | BIO_FLAGS_SHOULD_RETRY)
        transport.pointee.cause = 0
        while true {
            let count = call(transport.pointee.descriptor)
            let cause = errno
            if count > 0 { return Int32(clamping: count) }
            if count == 0 {
                transport.pointee.isClosed = true
                return 0
            }
            if cause == EINTR { continue }
            if cause == EAGAIN || cause == EWOULDBLOCK {
                BIO_set_flags(bio, direction | BIO_FLAGS_SHOULD_RETRY)
            } else {
                transport.pointee.cause = cause
            }
            return -1
        }
    }

    #if canImport(Darwin)
        // The socket itself is set so that it raises no signal.
        private static let sendFlags = Int32(MSG_DONTWAIT)
    #else
        private static let sendFlags = Int32(MSG_DONTWAIT) | Int32(MSG_NOSIGNAL)
    #endif
}
