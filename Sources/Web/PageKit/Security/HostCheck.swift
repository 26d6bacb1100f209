import HTTPTypes
package import Hummingbird

/// Answers only who asks for one of our own names: by 421 anybody whose browser was led to us under another one (DNS rebinding).
package struct HostCheck<Context: RequestContext>: RouterMiddleware {
    private let hosts: OwnHosts
    private let exempt: Set<String>

    /// - Parameters:
    ///   - hosts: Ours.
    ///   - exempt: The paths that programs ask, which may reach us inside a network by another name, and prove by what they send who they
    ///     are. Default: none.
    package init(_ hosts: OwnHosts, exempt: Set<String> = []) { (self.hosts, self.exempt) = (hosts, exempt) }

    /// Answers as the next does, or by 421.
    @concurrent package func handle(
        _ request: Request,
        context: Context,
        next: @concurrent (Request, Context) async throws -> Response
    ) async throws -> Response {
        guard exempt.contains(request.uri.path) || request.head.authority.map({ hosts.contains($0) }) ?? false else {
            throw HTTPError(
                .misdirectedRequest,
                message: "This is not \(VisibleText.of(request.head.authority ?? "it"))."
            )
        }
        return try await next(request, context)
    }
}
