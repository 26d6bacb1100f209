import HTTPTypes
import Hummingbird
import HummingbirdCore
import Logging
import NIOCore
import Perch
import Postgres
import StrictJSON

/// Answers every error by a problem document, and says to the log what the client is not told.
struct ProblemMiddleware: RouterMiddleware {
    typealias Context = APIContext

    let api: API
    let logger: Logger

    @concurrent func handle(
        _ request: Request,
        context: Context,
        next: @concurrent (Request, Context) async throws -> Response
    ) async throws -> Response {
        do {
            return try await next(request, context)
        } catch let error as any HTTPResponseError where error.status == .notFound {
            let calls = api.calls(at: request.uri.path)
            guard let path = calls.first?.path else {
                if let pages = api.pages, Self.wantsPage(request) {
                    return try await pages.missing(request, context: context)
                }
                return try Self.response(Problem(.notFound, "there is nothing at this path"), [:])
            }
            context.coreContext.endpointPath.value = path
            var headers = HTTPFields()
            headers[.allow] = calls.flatMap(\.methods).map(\.rawValue).sorted().joined(separator: ", ")
            return try Self.response(Problem(.methodNotAllowed), headers)
        } catch {
            let problem = problem(of: error, request, context)
            var headers = HTTPFields()
            if problem.kind.status == .unauthorized { headers[.wwwAuthenticate] = problem.kind.challenge }
            if let seconds = problem.retryAfter { headers[.retryAfter] = String(seconds) }
            return try Self.response(problem, headers)
        }
    }

    /// Browsers name it where they show what comes; programs that call an API do not.
    private static func wantsPage(_ request: Request) -> Bool {
        request.headers[.accept]?.lowercased().contains("text/html") ?? false
    }

    private func problem(of error: any Error, _ request: Request, _ context: Context) -> Problem {
        switch error {
        case let error as any ProblemConvertible:
            return error.problem
        case let error as PostgresError where error.isRetriable:
            note("the database is away", error, request, context, .warning)
            return Problem(.unavailable, "try again in a moment", retryAfter: 1)
        case let error as any HTTPResponseError where error.status.kind == .clientError:
            return Problem(.badRequest)
        default:
            note("a request failed", error, request, context, .error)
            return Problem(.internalError, "it is in the log")
        }
    }

    private func note(
        _ message: Logger.Message,
        _ error: any Error,
        _ request: Request,
        _ context: Context,
        _ level: Logger.Level
    ) {
        logger.log(
            level: level,
            message,
            metadata: [
                "method": "\(request.method.rawValue)", "route": "\(context.endpointPath ?? "")",
                "error": "\(error)",
            ]
        )
    }

    private static func response(_ problem: Problem, _ headers: HTTPFields) throws -> Response {
        var headers = headers
        headers[.contentType] = "application/problem+json"
        headers[.cacheControl] = "no-store"
        let bytes = try JSONCoding.encode(ProblemDocument(problem))
        return Response(
            status: problem.kind.status,
            headers: headers,
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: bytes))
        )
    }
}

extension Problem.Kind {
    /// How a client can prove who it is.
    fileprivate var challenge: String { oauthError == "invalid_client" ? #"Basic realm="popug""# : "Bearer" }
}
