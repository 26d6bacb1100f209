package import Hummingbird
package import NIOCore

/// What Hummingbird keeps of a request for a page, beside the request.
package struct PageContext: RequestContext, RemoteAddressRequestContext {
    /// Hummingbird's part.
    package var coreContext: CoreRequestContextStorage
    /// Where the connection comes from.
    package let remoteAddress: SocketAddress?

    /// For Hummingbird.
    package init(source: ApplicationRequestContextSource) {
        coreContext = CoreRequestContextStorage(source: source)
        remoteAddress = source.channel.remoteAddress
    }
}
