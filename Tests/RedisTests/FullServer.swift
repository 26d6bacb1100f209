import Foundation

/// A port of 127.0.0.1 whose system takes no more connections, as that of a machine that is gone: nothing says yes or no.
final class FullServer {
    let port: Int
    private let listener: Int32
    private var waiting: [Int32] = []

    init() throws {
        listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let listener = listener
        let bound = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
                bind(listener, pointer, length) == 0 && listen(listener, 0) == 0
                    && getsockname(listener, pointer, &length) == 0
            }
        }
        port = Int(UInt16(bigEndian: address.sin_port))
        guard bound else { throw POSIXError(.EADDRINUSE) }
        // Nobody accepts them. One that is not connected at once waits for a place.
        var isFull = false
        while !isFull {
            let client = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue), 0)
            waiting.append(client)
            _ = withUnsafePointer(to: &address) {
                $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { connect(client, $0, length) }
            }
            var event = pollfd(fd: client, events: Int16(POLLOUT), revents: 0)
            isFull = poll(&event, 1, 500) == 0
        }
    }

    deinit {
        for descriptor in waiting + [listener] { close(descriptor) }
    }
}
