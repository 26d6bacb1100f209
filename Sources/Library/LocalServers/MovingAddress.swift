import Foundation

#if canImport(Darwin)
    import Darwin
#elseif canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// A TCP address on 127.0.0.1 that leads to a server and can be moved to another one, as a DNS name, a virtual address or a proxy of
/// a highly available server is. It can also fall silent, as a network does that is cut.
///
/// It passes bytes on and knows nothing of what they mean. All of it ends when this object is released. Its calls take effect before
/// they return, and may be made from any thread.
public final class MovingAddress: Sendable {
    /// The port that clients connect to.
    public let port: Int
    private let traffic: AddressTraffic

    /// Opens the address.
    /// - Parameter server: the port of 127.0.0.1 that it leads to.
    /// - Throws: `LocalServerError` when no port is free.
    public init(to server: Int) throws(LocalServerError) {
        let (listener, port) = try Self.listen()
        self.port = port
        let (near, far) = try socketPair()
        let traffic = AddressTraffic(listener: listener, wake: far, waker: near, target: server)
        self.traffic = traffic
        let thread = Thread { traffic.run() }
        thread.name = "address-\(port)"
        thread.start()
    }

    deinit { traffic.end() }

    /// Leads new connections to another server.
    /// - Parameters:
    ///   - server: its port of 127.0.0.1.
    ///   - cutting: whether the connections that stand are closed; else they go on with the server that they have.
    public func move(to server: Int, cutting: Bool) { traffic.move(to: server, cutting: cutting) }

    /// Closes all connections; new ones are taken.
    public func cut() { traffic.cut() }

    /// From now on nothing passes in either direction: connections stay open, the system accepts new ones, and nobody answers.
    public func fallSilent() { traffic.setSilent(true) }

    /// Ends a silence: what was sent meanwhile arrives.
    public func speak() { traffic.setSilent(false) }

    /// How many connections stand, whatever they lead to.
    public var connections: Int { traffic.count }

    private static func listen() throws(LocalServerError) -> (descriptor: Int32, port: Int) {
        for _ in 0..<20 {
            let port = try freePort()
            let listener = openSocket()
            guard listener >= 0 else { break }
            var yes: Int32 = 1
            setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &yes, socklen_t(MemoryLayout<Int32>.size))
            guard let number = UInt16(exactly: port), withLoopbackAddress(number, { bind(listener, $0, $1) }) == 0,
                AddressTraffic.listen(listener)
            else {
                close(listener)
                continue
            }
            return (listener, port)
        }
        throw LocalServerError(.startFailed, "No address could be opened on 127.0.0.1: \(reason(errno)).")
    }
}
