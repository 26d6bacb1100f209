public import Hummingbird
public import NIOCore

/// What Hummingbird keeps of a request beside the request.
public struct APIContext: RequestContext, RemoteAddressRequestContext {
    /// Hummingbird's part.
    public var coreContext: CoreRequestContextStorage
    /// Where the connection comes from.
    public let remoteAddress: SocketAddress?

    /// For Hummingbird.
    public init(source: ApplicationRequestContextSource) {
        coreContext = CoreRequestContextStorage(source: source)
        remoteAddress = source.channel.remoteAddress
    }
}
