import HTTPTypes
package import Hummingbird

/// Answers by 429 who asks too often.
package struct RateCheck<Context: RequestContext>: RouterMiddleware {
    private let rate: RequestRate
    private let session: @Sendable (Request, Context) -> String?

    /// - Parameter session: Who asks; nil for a request that is not counted.
    package init(_ rate: RequestRate, session: @escaping @Sendable (Request, Context) -> String?) {
        (self.rate, self.session) = (rate, session)
    }

    /// Answers as the next does, or by 429.
    @concurrent package func handle(
        _ request: Request,
        context: Context,
        next: @concurrent (Request, Context) async throws -> Response
    ) async throws -> Response {
        if let session = session(request, context), let seconds = rate.wait(of: session) {
            throw HTTPError(
                .tooManyRequests,
                headers: [.retryAfter: String(seconds)],
                message: "Too many requests: again in \(seconds) s."
            )
        }
        return try await next(request, context)
    }
}
