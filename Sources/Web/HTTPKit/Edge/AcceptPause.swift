package import Logging
package import NIOCore

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Lets accepting rest for a second where the system has no descriptor or no memory for a further connection: else the loop
/// would ask again and again, at once.
package final class AcceptPause: ChannelInboundHandler {
    package typealias InboundIn = any Channel

    private let logger: Logger
    private var toldAt: ContinuousClock.Instant?

    package init(logger: Logger) { self.logger = logger }

    package func errorCaught(context: ChannelHandlerContext, error: any Error) {
        guard let error = error as? IOError,
            [EMFILE, ENFILE, ENOBUFS, ENOMEM].contains(error.errnoCode)
        else {
            return context.fireErrorCaught(error)
        }
        if toldAt.map({ $0.duration(to: .now) > .seconds(60) }) ?? true {
            toldAt = .now
            logger.warning("connections cannot be taken", metadata: ["error": "\(error)"])
        }
        try? context.channel.syncOptions?.setOption(.autoRead, value: false)
        context.eventLoop.assumeIsolated().scheduleTask(in: .seconds(1)) {
            try? context.channel.syncOptions?.setOption(.autoRead, value: true)
        }
    }
}
