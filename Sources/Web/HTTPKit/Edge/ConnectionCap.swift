import HummingbirdCore
package import Logging

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Takes no more connections than there may be, and says so when it is so.
package struct ConnectionCap: AvailableConnectionsDelegate {
    private let limit: Int
    private let logger: Logger
    private var open = 0
    private var toldAt: ContinuousClock.Instant?

    package init(limit: Int, logger: Logger) {
        self.limit = limit
        self.logger = logger
    }

    /// As many as wanted, but so that the process keeps descriptors for everything else: its databases, Redis, files.
    ///
    /// - Parameter descriptors: The most that the process may have open.
    package static func limit(wanted: Int, descriptors: Int) -> Int {
        max(1, min(wanted, descriptors - max(descriptors / 4, min(descriptors / 2, 128))))
    }

    /// What `ulimit -n` says.
    package static var descriptors: Int {
        var limit = rlimit()
        #if canImport(Glibc)
            let status = getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        #else
            let status = getrlimit(RLIMIT_NOFILE, &limit)
        #endif
        return status == 0 ? Int(clamping: limit.rlim_cur) : 1024
    }

    package mutating func connectionOpened() {
        open += 1
        guard open >= limit, toldAt.map({ $0.duration(to: .now) > .seconds(60) }) ?? true else {
            return
        }
        toldAt = .now
        logger.warning(
            "no more connections are taken until some end",
            metadata: ["connections": "\(open)"]
        )
    }

    package mutating func connectionClosed() { open -= 1 }

    package func isAcceptingNewConnections() -> Bool { open < limit }
}
