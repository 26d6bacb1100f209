import Postgres
import ServiceKit

extension Auth {
    static func logInCall(_ logins: Logins) -> APICall {
        APICall(
            .post,
            "/v1/sessions",
            "Log in: for scripts, which hold the password themselves.",
            access: .anyone,
            body: .json(Credentials.schema),
            answer: .json(.created, TokenAnswer.schema, "The tokens of a new session."),
            problems: [.wrongCredentials, .tooManyRequests]
        ) { request in
            let credentials = try request.body(Credentials.self)
            let tokens = try await logins.logIn(
                email: NewUser.trimmed(credentials.email),
                password: credentials.password,
                from: LoginAddress(request.address)
            )
            return try .json(TokenAnswer(tokens))
        }
    }
}

/// What a client sends to log in. What could be no user's is looked up all the same: nothing is learned of the rules.
private struct Credentials: Decodable {
    let email: String
    let password: String

    static let schema = Schema.object(
        "Credentials",
        [
            .required("email", .string(length: 1...254)), .required("password", .string(.password, length: 1...256)),
        ]
    )
}

/// What a client gets that has logged in, or continued its session.
///
/// [RFC 6749, section 5.1](https://www.rfc-editor.org/rfc/rfc6749#section-5.1)
struct TokenAnswer: Encodable {
    let accessToken: String
    let tokenType = "Bearer"
    let expiresIn = Int(AccessToken.lifetime / .seconds(1))
    let refreshToken: String

    init(_ tokens: TokenPair) {
        accessToken = tokens.accessToken
        refreshToken = tokens.refreshToken.text
    }

    enum CodingKeys: String, CodingKey {
        case accessToken = "access_token"
        case tokenType = "token_type"
        case expiresIn = "expires_in"
        case refreshToken = "refresh_token"
    }

    static let schema = Schema.object(
        "Tokens",
        [
            .required("access_token", .string(), "A JWT: send it as Authorization: Bearer …"),
            .required("token_type", .choice(["Bearer"])),
            .required("expires_in", .integer(in: 0...86_400), "For how many seconds the access token is valid."),
            .required("refresh_token", .string(), "Gives the next tokens, once."),
        ]
    )
}
