import HTTPTypes
import Hummingbird
import Logging
import PageKit
import ServiceKit

extension AuthPages {
    /// A client asks who is there: whoever is logged in goes back with a code, whoever is not is shown the form.
    func authorize(_ request: Request) async throws -> Response {
        let read: (request: AuthorizationRequest, manner: AuthorizationManner)
        do {
            read = try AuthorizationRequest.read(
                FormFields(parsing: request.uri.query ?? ""),
                clients: provider.clients
            )
        } catch AuthorizationRefusal.stays(let reason) {
            provider.logger.notice("a login was refused", metadata: ["reason": "\(reason)"])
            return errors.page(
                "\(reason) Go back to where you came from, and tell whoever runs it.",
                .badRequest,
                heading: "This login cannot begin"
            )
        } catch AuthorizationRefusal.goesBack(let back, let error) {
            return refuse(back, error)
        }
        if let session = try await session(of: request), !session.mustAskAgain(read.manner, at: provider.now()),
            let answer = try await answer(read.request, of: session, request)
        {
            return answer
        }
        if read.manner.isSilent { return refuse(read.request.back, .loginRequired) }
        return try await askToLogIn(for: .client(read.request), request)
    }

    /// Leads back to the client with a code; nil where the session has ended meanwhile.
    func answer(
        _ asked: AuthorizationRequest,
        of session: SSOSession,
        _ request: Request,
        cookies: [String] = []
    ) async throws -> Response? {
        let code = try await provider.codes.issue(asked, of: session, userAgent: Self.userAgent(request))
        guard let code else { return nil }
        return Self.redirect(to: asked.back.answer([("code", code.text)], from: provider.issuer), cookies: cookies)
    }

    private func refuse(_ back: ReturnAddress, _ error: AuthorizationError) -> Response {
        provider.logger.info("a login was refused", metadata: ["reason": "\(error.rawValue)"])
        return Self.redirect(to: back.answer([("error", error.rawValue)], from: provider.issuer))
    }
}
