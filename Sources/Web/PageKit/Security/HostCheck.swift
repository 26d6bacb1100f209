import HTTPTypes
package import Hummingbird

/// Answers only who asks for one of our own names: by 421 anybody whose browser was led to us under another one (DNS rebinding).
package struct HostCheck<Context: RequestContext>: RouterMiddleware {
    private let hosts: OwnHosts

    /// - Parameter hosts: Ours.
    package init(_ hosts: OwnHosts) { self.hosts = hosts }

    /// Answers as the next does, or by 421.
    @concurrent package func handle(
        _ request: Request,
        context: Context,
        next: @concurrent (Request, Context) async throws -> Response
    ) async throws -> Response {
        guard let host = request.head.authority, hosts.contains(host) else {
            throw HTTPError(
                .misdirectedRequest,
                message: "This is not \(VisibleText.of(request.head.authority ?? "it"))."
            )
        }
        return try await next(request, context)
    }
}
