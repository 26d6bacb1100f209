import Hummingbird

/// Lets nobody pass who is not logged in, and says to all that follows who asks.
struct LoginCheck: RouterMiddleware {
    let login: any ConsoleLogin

    @concurrent func handle(
        _ request: Request,
        context: ConsoleContext,
        next: @concurrent (Request, ConsoleContext) async throws -> Response
    ) async throws -> Response {
        var context = context
        context.viewer = await login.viewer(of: request)
        guard context.viewer != nil else { return try await login.refusal(of: request) }
        return try await next(request, context)
    }
}
