import Hummingbird
import HummingbirdCore
public import Logging
import NIOCore
public import ServiceLifecycle

/// Serves an API over HTTP until its task is cancelled or its service group shuts down gracefully: then it takes no new
/// connection and answers what has begun.
///
/// Plain HTTP: TLS ends at the proxy in front of it.
public struct APIServer: Service {
    private let application: Application<RouterResponder<APIContext>>

    /// - Parameters:
    ///   - host: The address to listen on.
    ///   - port: 0: any free one; the log says which.
    ///   - verifier: Tells who a token belongs to.
    ///   - proxies: Who is believed to tell where a request comes from. Default: nobody.
    public init(
        api: API,
        host: String,
        port: Int,
        verifier: any TokenVerifying,
        proxies: TrustedProxies = .none,
        logger: Logger
    ) {
        self.init(api: api, host: host, port: port, verifier: verifier, proxies: proxies, logger: logger) { _ in }
    }

    /// - Parameter onServing: Gets the port, once connections are taken.
    package init(
        api: API,
        host: String,
        port: Int,
        verifier: any TokenVerifying,
        proxies: TrustedProxies = .none,
        logger: Logger,
        onServing: @escaping @Sendable (_ port: Int) -> Void
    ) {
        // Slow or idle clients hold a connection, never a thread; their number is bounded by the system's file descriptors.
        let http = HTTP1Channel.Configuration(
            idleTimeout: .seconds(60),
            httpDecoderConfiguration: .init(
                maxHeaderFieldSize: 16 * 1024,
                maxHeaderListSize: 32 * 1024,
                maxHeaderFieldCount: 100
            )
        )
        application = Application(
            router: api.router(verifier: verifier, proxies: proxies, logger: logger),
            server: .http1(configuration: http),
            configuration: ApplicationConfiguration(address: .hostname(host, port: port)),
            onServerRunning: { channel in
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
