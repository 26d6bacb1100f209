import Foundation
import HTTPKit
import HTTPTypes
import StrictJSON

/// Gives an issuer's code back for the token that says who has logged in. Other tokens of the answer are let go of unread.
///
/// [RFC 6749, section 4.1.3](https://www.rfc-editor.org/rfc/rfc6749#section-4.1.3)
struct CodeExchange: Sendable {
    let settings: OpenIDSettings
    let patience: Duration

    /// The ID token, as it is written.
    ///
    /// - Throws: `LoginError`: `.issuerAway`, `.clientRefused`, `.tookTooLong` for a code that is not valid any more, `.failed`,
    ///   `.notVerified` where the answer has no token.
    func token(for code: String, _ attempt: LoginAttempt, at provider: OpenIDProvider) async throws(LoginError)
        -> String
    {
        var fields = [
            ("grant_type", "authorization_code"), ("code", code), ("redirect_uri", settings.redirectURI),
            ("code_verifier", attempt.verifier),
        ]
        var headers = ["Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"]
        if let secret = settings.clientSecret {
            // Section 2.3.1: both are encoded as fields of a form first.
            let pair = "\(LinkTarget.encoded(settings.clientID)):\(LinkTarget.encoded(secret))"
            headers["Authorization"] = "Basic \(Data(pair.utf8).base64EncodedString())"
        } else {
            fields.append(("client_id", settings.clientID))
        }
        let request = HTTPClient.Request(
            .post,
            settings.internally(provider.tokenEndpoint),
            headers: headers,
            body: Array(LoginAttempt.form(fields).utf8)
        )
        let answer = try await OpenIDFetch.answer(to: request, within: patience)
        let root = try? JSONDocument(answer.body).root
        guard answer.status == 200 else { throw Self.error(answer.status, root?["error"]?.string) }
        guard let token = root?["id_token"]?.string else {
            throw LoginError(.notVerified, "the answer to the code has no ID token")
        }
        return token
    }

    private static func error(_ status: Int, _ name: String?) -> LoginError {
        switch name {
        case "invalid_grant": LoginError(.tookTooLong, "the issuer does not take the code")
        case "invalid_client", "unauthorized_client": LoginError(.clientRefused, "\(status) \(name ?? "")")
        default:
            LoginError(
                status == 401 ? .clientRefused : status >= 500 || status == 429 ? .issuerAway : .failed,
                "the answer to the code is \(status) \(LoginAnswer.errorName(name))"
            )
        }
    }
}
