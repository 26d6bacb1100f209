package import Hummingbird
import HummingbirdCore
package import Logging
import NIOCore
import ServiceLifecycle

/// Serves a router over HTTP/1.1 within limits, until its task is cancelled or its service group shuts down gracefully: then it takes
/// no new connection and answers what has begun, for `EdgeLimits.drain` at the most.
///
/// Slow and idle clients hold a connection, never a thread, and that not for long. Plain HTTP: TLS ends at the proxy in front.
package struct EdgeServer<Context>: Service
where Context: RequestContext, Context.Source == ApplicationRequestContextSource {
    private let application: Application<RouterResponder<Context>>

    /// - Parameters:
    ///   - host: The address to listen on.
    ///   - port: 0: any free one; the log says which.
    ///   - limits: Taken as they are, whatever the limit of descriptors is. `ConnectionCap.limit` looks at it.
    ///   - onServing: Gets the port, once connections are taken. Default: nobody does.
    package init(
        router: Router<Context>,
        host: String,
        port: Int,
        limits: EdgeLimits = EdgeLimits(),
        logger: Logger,
        onServing: @escaping @Sendable (_ port: Int) -> Void = { _ in }
    ) {
        application = Application(
            router: router,
            server: HTTPServerBuilder { EdgeChannel(limits: limits, responder: $0) },
            configuration: ApplicationConfiguration(
                address: .hostname(host, port: port),
                availableConnectionsDelegate: ConnectionCap(limit: limits.connections, logger: logger)
            ),
            onServerRunning: { channel in
                try? await channel.eventLoop.submit {
                    try channel.pipeline.syncOperations.addHandler(
                        AcceptPause(logger: logger),
                        position: .first
                    )
                }.get()
                logger.info(
                    "serving",
                    metadata: ["address": "\(channel.localAddress?.description ?? "\(host):\(port)")"]
                )
                onServing(channel.localAddress?.port ?? port)
            },
            logger: logger
        )
    }

    /// Returns when it was told to stop; throws where the port cannot be had.
    package func run() async throws { try await application.run() }
}
