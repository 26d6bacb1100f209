package import Hummingbird
package import NIOCore
import PageKit

/// What is kept of a request beside it: who it comes from.
package struct ConsoleContext: RequestContext, RemoteAddressRequestContext {
    /// Hummingbird's part.
    package var coreContext: CoreRequestContextStorage
    /// Where the connection comes from.
    package let remoteAddress: SocketAddress?
    /// Nil: nobody is logged in.
    package var viewer: Viewer?
    /// What each page says of the login. Default: nothing.
    var loginNotice: Notice?

    /// For Hummingbird.
    package init(source: ApplicationRequestContextSource) {
        coreContext = CoreRequestContextStorage(source: source)
        remoteAddress = source.channel.remoteAddress
    }
}
