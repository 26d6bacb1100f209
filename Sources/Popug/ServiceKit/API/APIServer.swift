public import HTTPKit
public import Logging
public import ServiceLifecycle

/// Serves an API over HTTP until its task is cancelled or its service group shuts down gracefully: then it takes no new
/// connection and answers what has begun, for 10 seconds at the most.
///
/// Slow and idle clients hold a connection, never a thread, and that not for long: a head has 60 seconds, a body 30, an answer
/// 60 to be taken. There are no more connections than `HTTP_CONNECTIONS`, and fewer where the limit of descriptors is low.
///
/// Plain HTTP: TLS ends at the proxy in front of it.
public struct APIServer: Service {
    private let server: EdgeServer<APIContext>

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
        server = EdgeServer(
            router: api.router(verifier: verifier, proxies: proxies, logger: logger),
            host: host,
            port: port,
            limits: limits,
            logger: logger,
            onServing: onServing
        )
    }

    /// Returns when it was told to stop; throws where the port cannot be had.
    public func run() async throws { try await server.run() }
}
