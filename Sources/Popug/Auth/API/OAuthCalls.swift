import ServiceKit

extension Auth {
    /// The token endpoint.
    ///
    /// Its errors are problem documents like all others, which also carry OAuth's `error`: clients of OAuth find there what
    /// they decide by, with the status that they expect (400), under `application/problem+json`. The form's schema says
    /// therefore of no field that it is required: what is missing is an `invalid_request`, no 422.
    ///
    /// [RFC 6749, section 6](https://www.rfc-editor.org/rfc/rfc6749#section-6)
    static func tokenCall(_ sessions: Sessions) -> APICall {
        APICall(
            .post,
            "/oauth/token",
            "Continue a session: the refresh token is used up, and there is a new one.",
            access: .anyone,
            body: .form(
                .object(
                    "TokenRequest",
                    [
                        .optional("grant_type", .string(length: 0...100), "refresh_token"),
                        .optional("refresh_token", .string(length: 0...512), "What the last answer gave."),
                    ]
                )
            ),
            answer: .json(TokenAnswer.schema, "The session's next tokens."),
            problems: [.invalidGrantRequest, .invalidGrant, .unsupportedGrantType, .tooManyRequests]
        ) { request in
            guard let grant = request.field("grant_type"), !grant.isEmpty else {
                throw Problem(.invalidGrantRequest, "expected grant_type")
            }
            guard grant == "refresh_token" else {
                throw Problem(.unsupportedGrantType, "expected grant_type=refresh_token")
            }
            guard let token = request.field("refresh_token"), !token.isEmpty else {
                throw Problem(.invalidGrantRequest, "expected refresh_token")
            }
            return try .json(TokenAnswer(await sessions.refresh(RefreshToken(token))))
        }
    }

    /// Logging out: no new tokens are given in the session. Access tokens are valid until they expire.
    ///
    /// [RFC 7009](https://www.rfc-editor.org/rfc/rfc7009)
    static func revocationCall(_ sessions: Sessions) -> APICall {
        APICall(
            .post,
            "/oauth/revoke",
            "End the session of a refresh token. Of one that is not known too this says that all is well.",
            access: .anyone,
            body: .form(
                .object(
                    "RevocationRequest",
                    [
                        .optional("token", .string(length: 0...TokenVerifier.longestToken), "The refresh token."),
                        .optional("token_type_hint", .string(length: 0...100), "Is not needed."),
                    ]
                )
            ),
            answer: .empty(.ok, "The token is good for nothing now."),
            problems: [.invalidGrantRequest]
        ) { request in
            guard let token = request.field("token"), !token.isEmpty else {
                throw Problem(.invalidGrantRequest, "expected token")
            }
            try await sessions.revoke(RefreshToken(token))
            return .empty()
        }
    }
}
