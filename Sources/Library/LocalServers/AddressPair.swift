#if canImport(Darwin)
    import Darwin
#elseif canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// A connection of a client's, and the one to the server that goes with it.
final class AddressPair {
    private struct Side {
        let descriptor: Int32
        /// What it is to be sent, and how much of it is.
        var pending: [UInt8] = []
        var sent = 0

        var isPending: Bool { sent < pending.count }
    }

    private var client: Side
    private var server: Side
    private(set) var isOver = false

    /// Nil where the client has gone already, or nobody listens at the target: then the client's connection is closed.
    init?(acceptedBy listener: Int32, to target: Int) {
        let descriptor = accept(listener, nil, nil)
        guard descriptor >= 0 else { return nil }
        let other = openSocket()
        client = Side(descriptor: descriptor)
        server = Side(descriptor: other)
        var isReady = other >= 0
        for end in [descriptor, other] where isReady {
            var yes: Int32 = 1
            // Small packets go at once: it must not be slower than the way without it.
            setsockopt(end, Int32(IPPROTO_TCP), TCP_NODELAY, &yes, socklen_t(MemoryLayout<Int32>.size))
            #if canImport(Darwin)
                setsockopt(end, SOL_SOCKET, SO_NOSIGPIPE, &yes, socklen_t(MemoryLayout<Int32>.size))
            #endif
            isReady = AddressTraffic.setNonblocking(end) && fcntl(end, F_SETFD, FD_CLOEXEC) == 0
        }
        if isReady, let port = UInt16(exactly: target) {
            let result = withLoopbackAddress(port) { connect(other, $0, $1) }
            if result == 0 || errno == EINPROGRESS { return }
        }
        close()
        return nil
    }

    func close() {
        isOver = true
        for descriptor in [client.descriptor, server.descriptor] where descriptor >= 0 { closeDescriptor(descriptor) }
    }

    /// What is waited for: of the client, then of the server. A side is read when the other one has taken what was read before.
    var awaited: [pollfd] {
        [events(of: client, other: server), events(of: server, other: client)]
    }

    private func events(of side: Side, other: Side) -> pollfd {
        let reading = other.isPending ? 0 : Int16(POLLIN)
        let writing = side.isPending ? Int16(POLLOUT) : 0
        return pollfd(fd: side.descriptor, events: reading | writing, revents: 0)
    }

    /// Carries what can be carried now.
    func carry(_ clientEvents: Int16, _ serverEvents: Int16) {
        let isCarried =
            Self.carry(from: &client, clientEvents, to: &server) && Self.carry(from: &server, serverEvents, to: &client)
        if !isCarried { close() }
    }

    /// False: one of them is over.
    private static func carry(from side: inout Side, _ events: Int16, to other: inout Side) -> Bool {
        if events & Int16(POLLOUT) != 0, !send(&side) { return false }
        guard events & ~Int16(POLLOUT) != 0 else { return true }
        // Nobody reads it any more, and what the other one has not taken it never will.
        guard !other.isPending else { return false }
        other.pending = [UInt8](repeating: 0, count: 1 << 16)
        let (count, cause) = (recv(side.descriptor, &other.pending, other.pending.count, 0), errno)
        other.sent = 0
        other.pending.removeLast(other.pending.count - max(count, 0))
        guard count != 0 else { return false }
        guard count > 0 else { return cause == EAGAIN || cause == EINTR }
        return send(&other)
    }

    private static func send(_ side: inout Side) -> Bool {
        while side.isPending {
            let (count, cause) = side.pending.withUnsafeBytes { bytes in
                let rest = UnsafeRawBufferPointer(rebasing: bytes[side.sent...])
                #if canImport(Darwin)
                    return (Darwin.send(side.descriptor, rest.baseAddress, rest.count, 0), errno)
                #elseif canImport(Glibc)
                    return (Glibc.send(side.descriptor, rest.baseAddress, rest.count, Int32(MSG_NOSIGNAL)), errno)
                #else
                    return (Musl.send(side.descriptor, rest.baseAddress, rest.count, Int32(MSG_NOSIGNAL)), errno)
                #endif
            }
            // While it connects, it takes nothing yet.
            if count < 0 { return [EAGAIN, EINTR, ENOTCONN].contains(cause) }
            side.sent += count
        }
        return true
    }
}

private func closeDescriptor(_ descriptor: Int32) { close(descriptor) }
