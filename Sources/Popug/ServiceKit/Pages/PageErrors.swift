import Foundation
import HTTPTypes
package import Hummingbird
package import Logging
package import PageKit
import Perch
import Postgres

/// Makes a page of what went wrong: with its sentence where it has one for people, else with a number that the log has too. There is
/// nothing of a person in it.
package struct PageErrors: RouterMiddleware {
    package typealias Context = APIContext

    private let frame: PageFrame
    private let logger: Logger

    /// - Parameter frame: Around pages on which nobody is logged in.
    package init(frame: PageFrame, logger: Logger) { (self.frame, self.logger) = (frame, logger) }

    /// Answers as the next does, or by such a page.
    @concurrent package func handle(
        _ request: Request,
        context: Context,
        next: @concurrent (Request, Context) async throws -> Response
    ) async throws -> Response {
        do {
            return try await next(request, context)
        } catch let error as HTTPError {
            var response = page(HTML(error.body ?? error.status.reasonPhrase), error.status)
            for field in error.headers { response.headers.append(field) }
            return response
        } catch let error as any HTTPResponseError {
            // An answer of its own, such as the way to the login.
            return try error.response(from: request, context: context)
        } catch let error as PostgresError where error.isRetriable {
            logger.warning("the database is away", metadata: ["path": "\(request.uri.path)", "error": "\(error)"])
            var response = page("This does not work just now. Try again in a moment.", .serviceUnavailable)
            response.headers[.retryAfter] = "5"
            return response
        } catch {
            let number = UUID.v7().text
            logger.error(
                "a page failed",
                metadata: ["path": "\(request.uri.path)", "error": "\(error)", "number": "\(number)"]
            )
            return page(
                "Something failed here, and not by what you did. The log has it as \(number).",
                .internalServerError
            )
        }
    }

    /// - Parameter heading: Default: what the status is called.
    package func page(_ words: HTML, _ status: HTTPResponse.Status, heading: String? = nil) -> Response {
        let home = Paragraph("\(Link("To the first page", to: frame.home))")
        return Page(frame, heading: heading ?? status.reasonPhrase, body: "\(Paragraph(words))\(home)").response(status)
    }
}
