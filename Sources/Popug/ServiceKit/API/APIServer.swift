public import HTTPKit
import Hummingbird
import HummingbirdCore
public import Logging
import NIOCore
public import ServiceLifecycle

/// Serves an API over HTTP until its task is cancelled or its service group shuts down gracefully: then it takes no new
/// connection and answers what has begun, for 10 seconds at the most.
///
/// Slow and idle clients hold a connection, never a thread, and that not for long: a head has 60 seconds, a body 30, an answer
/// 60 to be taken. There are no more connections than `HTTP_CONNECTIONS`, and fewer where the limit of descriptors is low.
///
/// Plain HTTP: TLS ends at the proxy in front of it.
public struct APIServer: Service {
    private let application: Application<RouterResponder<APIContext>>

    /// - Parameters:
    ///   - host: The address to listen on.
    ///   - port: 0: any free one; the log says which.
    ///   - connections: The most at a time; further ones wait. Default 4096.
    ///   - verifier: Tells who a token belongs to.
    ///   - proxies: Who is believed to tell where a request comes from. Default: nobody.
    public init(
        api: API,
        host: String,
        port: Int,
        connections: Int = 4096,
        verifier: any TokenVerifying,
        proxies: TrustedProxies = .none,
        logger: Logger
    ) {
        var limits = EdgeLimits()
        limits.connections = ConnectionCap.limit(
            wanted: connections,
            descriptors: ConnectionCap.descriptors
        )
        self.init(
            api: api,
            host: host,
            port: port,
            limits: limits,
            verifier: verifier,
            proxies: proxies,
            logger: logger
        ) { _ in }
    }

    /// - Parameters:
    ///   - limits: Taken as they are, whatever the limit of descriptors is.
    ///   - onServing: Gets the port, once connections are taken.
    package init(
        api: API,
        host: String,
        port: Int,
        limits: EdgeLimits = EdgeLimits(),
        verifier: any TokenVerifying,
        proxies: TrustedProxies = .none,
        logger: Logger,
        onServing: @escaping @Sendable (_ port: Int) -> Void
    ) {
        application = Application(
            router: api.router(verifier: verifier, proxies: proxies, logger: logger),
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
    public func run() async throws { try await application.run() }
}
