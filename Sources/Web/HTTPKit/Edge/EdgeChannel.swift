import Hummingbird
package import HummingbirdCore
package import Logging
package import NIOCore
import NIOHTTPTypesHTTP1

/// HTTP/1.1 as Hummingbird serves it, each connection with a guard.
package struct EdgeChannel: ServerChildChannel {
    private let base: HTTP1Channel
    private let limits: EdgeLimits

    package init(limits: EdgeLimits, responder: @escaping HTTPChannelHandler.Responder) {
        let configuration = HTTP1Channel.Configuration(
            idleTimeout: TimeAmount(limits.idle),
            httpDecoderConfiguration: .init(
                maxHeaderFieldSize: 16 * 1024,
                maxHeaderListSize: 32 * 1024,
                maxHeaderFieldCount: 100
            )
        )
        base = HTTP1Channel(responder: responder, configuration: configuration)
        self.limits = limits
    }

    package func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<HTTP1Channel.Value> {
        base.setup(channel: channel, logger: logger).flatMapThrowing { [limits] value in
            let pipeline = channel.pipeline.syncOperations
            let codec = try pipeline.handler(type: HTTP1ToHTTPServerCodec.self)
            try pipeline.addHandler(ConnectionGuard(limits), position: .before(codec))
            try? channel.syncOptions?.cutWhatNobodyTakes(after: limits.answer)
            return value
        }
    }

    package func handle(value: HTTP1Channel.Value, logger: Logger) async {
        await base.handle(value: value, logger: logger)
    }
}

extension NIOSynchronousChannelOptions {
    /// What the system was given to send and nobody takes ends the connection, also after it was closed here.
    fileprivate func cutWhatNobodyTakes(after limit: Duration) throws {
        #if os(Linux)
            // TCP_USER_TIMEOUT, in milliseconds.
            let option = ChannelOptions.Types.SocketOption(
                level: .tcp,
                name: NIOBSDSocket.Option(rawValue: 18)
            )
            try setOption(option, value: Int(clamping: limit.components.seconds * 1000))
        #endif
    }
}
