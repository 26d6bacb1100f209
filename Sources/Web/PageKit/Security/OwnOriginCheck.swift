import HTTPTypes
package import Hummingbird

/// Lets requests that change something come from our own pages only: others get 403. GET, HEAD and OPTIONS pass; they change nothing.
///
/// Browsers say by `Sec-Fetch-Site` where a request comes from; another port of the same host is another site for it. Where that is
/// missing, `Origin` has to be ours; where both are, nobody knows.
package struct OwnOriginCheck<Context: RequestContext>: RouterMiddleware {
    private let hosts: OwnHosts
    private let exempt: Set<String>

    /// - Parameters:
    ///   - hosts: Ours.
    ///   - exempt: The paths that programs ask, which prove by what they send who they are. Default: none.
    package init(_ hosts: OwnHosts, exempt: Set<String> = []) { (self.hosts, self.exempt) = (hosts, exempt) }

    /// Answers as the next does, or by 403.
    @concurrent package func handle(
        _ request: Request,
        context: Context,
        next: @concurrent (Request, Context) async throws -> Response
    ) async throws -> Response {
        switch request.method {
        case .get, .head, .options: break
        default:
            guard exempt.contains(request.uri.path) || comesFromUs(request.headers) else {
                throw HTTPError(.forbidden, message: "This was not sent by a page of ours.")
            }
        }
        return try await next(request, context)
    }

    private func comesFromUs(_ headers: HTTPFields) -> Bool {
        if let site = HTTPField.Name("Sec-Fetch-Site").flatMap({ headers[$0] }) { return site == "same-origin" }
        return headers[.origin].map { hosts.containsOrigin($0) } ?? false
    }
}
