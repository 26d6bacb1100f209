import HTTPTypes
package import Hummingbird

/// Adds to each answer what tells browsers to keep others out, errors too. What an answer says itself stays.
package struct SecurityHeaders<Context: RequestContext>: RouterMiddleware {
    /// For all routes of a router.
    package init() {}

    /// Answers as the next does.
    @concurrent package func handle(
        _ request: Request,
        context: Context,
        next: @concurrent (Request, Context) async throws -> Response
    ) async throws -> Response {
        var response: Response
        do {
            response = try await next(request, context)
        } catch let error as any HTTPResponseError {
            response = try error.response(from: request, context: context)
        }
        for (name, value) in securityFields where response.headers[name] == nil { response.headers[name] = value }
        return response
    }
}

private let securityFields: [(HTTPField.Name, String)] = {
    let fields = [
        ("Content-Security-Policy", ContentPolicy().description),
        ("Cross-Origin-Opener-Policy", "same-origin"),
        ("Cross-Origin-Resource-Policy", "same-origin"),
        ("X-Content-Type-Options", "nosniff"),
        // The address of a page may tell what is looked for.
        ("Referrer-Policy", "same-origin"),
        ("Permissions-Policy", "camera=(), geolocation=(), microphone=()"),
        ("Cache-Control", "no-store"),
    ]
    return fields.compactMap { name, value in HTTPField.Name(name).map { ($0, value) } }
}()
