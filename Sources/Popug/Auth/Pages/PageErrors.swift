import Foundation
import HTTPTypes
import Hummingbird
import Logging
import PageKit
import Perch
import Postgres
import ServiceKit

/// Makes a page of what went wrong: with its sentence where it has one for people, else with a number that the log has too.
struct PageErrors: RouterMiddleware {
    typealias Context = APIContext

    let logger: Logger

    @concurrent func handle(
        _ request: Request,
        context: Context,
        next: @concurrent (Request, Context) async throws -> Response
    ) async throws -> Response {
        do {
            return try await next(request, context)
        } catch let error as HTTPError {
            var response = Self.page(HTML(error.body ?? error.status.reasonPhrase), error.status)
            for field in error.headers { response.headers.append(field) }
            return response
        } catch let error as PostgresError where error.isRetriable {
            logger.warning("the database is away", metadata: ["path": "\(request.uri.path)", "error": "\(error)"])
            var response = Self.page("This does not work just now. Try again in a moment.", .serviceUnavailable)
            response.headers[.retryAfter] = "5"
            return response
        } catch {
            let number = UUID.v7().text
            logger.error(
                "a page failed",
                metadata: ["path": "\(request.uri.path)", "error": "\(error)", "id": "\(number)"]
            )
            return Self.page(
                "Something failed here, and not by what you did. The log has it as \(number).",
                .internalServerError
            )
        }
    }

    /// - Parameter heading: Default: what the status is called.
    static func page(_ words: HTML, _ status: HTTPResponse.Status, heading: String? = nil) -> Response {
        Page(.ofAuth, heading: heading ?? status.reasonPhrase, body: Paragraph(words).html).response(status)
    }
}
