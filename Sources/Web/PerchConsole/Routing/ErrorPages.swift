import HTTPTypes
import Hummingbird
import PageKit
import PerchOperating

/// Makes a page of what went wrong: with its sentence where it has one for people, else with a number that the log has too.
struct ErrorPages: RouterMiddleware {
    let settings: ConsoleSettings
    let failures: ConsoleFailures

    @concurrent func handle(
        _ request: Request,
        context: ConsoleContext,
        next: @concurrent (Request, ConsoleContext) async throws -> Response
    ) async throws -> Response {
        do {
            return try await next(request, context)
        } catch let error as HTTPError {
            var response = page(HTML(error.body ?? error.status.reasonPhrase), error.status)
            for field in error.headers { response.headers.append(field) }
            return response
        } catch let problem as ServerProblem {
            return page(HTML(failures.words(of: problem, at: request.uri.path)), .serviceUnavailable)
        } catch let refusal as OperationRefused {
            return page("\(refusal.reason).", .conflict, heading: "Refused", help: AdviceHelp(refusal.advice).html)
        } catch is CancellationError {
            throw HTTPError(.serviceUnavailable)
        } catch let error as any HTTPResponseError {
            // An answer of its own, such as the way to the login.
            return try error.response(from: request, context: context)
        } catch {
            let number = failures.logged(error, at: request.uri.path)
            return page(
                "Something failed here, and not by what you did. The log has it as \(number).",
                .internalServerError
            )
        }
    }

    private func page(_ words: HTML, _ status: HTTPResponse.Status, heading: String? = nil, help: HTML = .empty)
        -> Response
    {
        Page(
            ConsoleFrame.bare(settings),
            heading: heading ?? status.reasonPhrase,
            context: settings.context,
            body: "\(Paragraph(words))\(help)\(Paragraph(Link("To the overview", to: "/").html))"
        ).response(status)
    }
}
