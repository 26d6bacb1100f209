package import HTTPKit
package import Hummingbird

/// The pages of a service, for people: they stand beside its API in one router.
package protocol ServicePages: Sendable {
    /// Adds the routes. What they throw they answer themselves, by pages.
    ///
    /// - Parameter proxies: Who is believed to tell where a request comes from.
    func add(to routes: RouterGroup<APIContext>, proxies: TrustedProxies)

    /// What a browser is answered that asks for a page where there is none.
    func missing(_ request: Request, context: APIContext) async throws -> Response
}
