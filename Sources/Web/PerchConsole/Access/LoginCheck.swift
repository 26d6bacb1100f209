import Hummingbird

/// Lets nobody pass who is not logged in, and says to all that follows who asks.
struct LoginCheck: RouterMiddleware {
    let login: any ConsoleLogin
    /// Whoever comes is a viewer here.
    let isReadOnly: Bool

    @concurrent func handle(
        _ request: Request,
        context: ConsoleContext,
        next: @concurrent (Request, ConsoleContext) async throws -> Response
    ) async throws -> Response {
        switch try await login.admit(request) {
        case .answer(let response): return response
        case .viewer(let viewer, let notice):
            var context = context
            context.viewer = isReadOnly ? viewer.onlyLooking : viewer
            context.loginNotice = notice
            return try await next(request, context)
        }
    }
}
