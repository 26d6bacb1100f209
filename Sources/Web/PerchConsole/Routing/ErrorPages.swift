import HTTPTypes
import Hummingbird
import NIOCore
import PageKit
import PerchOperating
import StrictJSON

/// Makes a page of what went wrong: with its sentence where it has one for people, else with a number that the log has too. Whoever asked
/// for a document gets a problem document (RFC 9457).
struct ErrorPages: RouterMiddleware {
    let settings: ConsoleSettings
    let failures: ConsoleFailures

    @concurrent func handle(
        _ request: Request,
        context: ConsoleContext,
        next: @concurrent (Request, ConsoleContext) async throws -> Response
    ) async throws -> Response {
        let place = Place(path: request.uri.path)
        do {
            return try await next(request, context)
        } catch let error as HTTPError {
            var response = answer(error.body ?? error.status.reasonPhrase, error.status, at: place)
            for field in error.headers { response.headers.append(field) }
            return response
        } catch let problem as ServerProblem {
            return answer(failures.words(of: problem, at: place.path), .serviceUnavailable, at: place)
        } catch let refusal as OperationRefused {
            let help = AdviceHelp(refusal.advice).html
            return answer("\(refusal.reason).", .conflict, at: place, heading: "Refused", help: help)
        } catch is CancellationError {
            throw HTTPError(.serviceUnavailable)
        } catch let error as any HTTPResponseError {
            // An answer of its own, such as the way to the login.
            return try error.response(from: request, context: context)
        } catch {
            let number = failures.logged(error, at: place.path)
            let words = "Something failed here, and not by what you did. The log has it as \(number)."
            return answer(words, .internalServerError, at: place)
        }
    }

    /// What was asked for.
    private struct Place {
        let path: String
        var isDocument: Bool { path.hasSuffix(".json") }
    }

    /// As RFC 9457 has it.
    private struct ProblemDocument: Encodable {
        let title: String
        let status: Int
        let detail: String
    }

    private func answer(
        _ words: String,
        _ status: HTTPResponse.Status,
        at place: Place,
        heading: String? = nil,
        help: HTML = .empty
    ) -> Response {
        let heading = heading ?? status.reasonPhrase
        let problem = ProblemDocument(title: heading, status: status.code, detail: words)
        if place.isDocument, let document = try? JSONCoding.encode(problem) {
            var headers: HTTPFields = [.contentType: "application/problem+json"]
            headers[.cacheControl] = "no-store"
            return Response(status: status, headers: headers, body: .init(byteBuffer: ByteBuffer(bytes: document)))
        }
        return Page(
            ConsoleFrame.bare(settings),
            heading: heading,
            context: settings.context,
            body: "\(Paragraph(HTML(words)))\(help)\(Paragraph(Link("To the overview", to: "/").html))"
        ).response(status)
    }
}
