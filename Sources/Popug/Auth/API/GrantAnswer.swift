import ServiceKit

/// What the token endpoint answers. A program of pages is told who has logged in, and gets no tokens for the services.
struct GrantAnswer: Encodable {
    let accessToken: String?
    let tokenType: String?
    let expiresIn: Int?
    let refreshToken: String?
    let idToken: String?

    /// - Parameter idToken: For a code. Default: there is none.
    init(_ tokens: TokenPair?, idToken: String? = nil) {
        let answer = tokens.map { TokenAnswer($0) }
        (accessToken, refreshToken) = (answer?.accessToken, answer?.refreshToken)
        (tokenType, expiresIn) = (answer?.tokenType, answer?.expiresIn)
        self.idToken = idToken
    }

    enum CodingKeys: String, CodingKey {
        case accessToken = "access_token"
        case tokenType = "token_type"
        case expiresIn = "expires_in"
        case refreshToken = "refresh_token"
        case idToken = "id_token"
    }

    static let schema = Schema.object(
        "GrantedTokens",
        [
            .optional("access_token", .string(), "A JWT: send it as Authorization: Bearer …"),
            .optional("token_type", .choice(["Bearer"])),
            .optional("expires_in", .integer(in: 0...86_400), "For how many seconds the access token is valid."),
            .optional("refresh_token", .string(), "Gives the next tokens, once."),
            .optional("id_token", .string(), "For a code: a JWT that says who has logged in."),
        ]
    )
}
