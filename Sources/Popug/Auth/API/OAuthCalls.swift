import ServiceKit

extension Auth {
    /// The token endpoint.
    ///
    /// Its errors are problem documents like all others, which also carry OAuth's `error`: clients of OAuth find there what
    /// they decide by, with the status that they expect (400), under `application/problem+json`. The form's schema says
    /// therefore of no field that it is required: what is missing is an `invalid_request`, no 422.
    ///
    /// [RFC 6749, section 5](https://www.rfc-editor.org/rfc/rfc6749#section-5)
    static func tokenCall(_ sessions: Sessions, _ provider: Provider) -> APICall {
        APICall(
            .post,
            "/oauth/token",
            "Continue a session: the refresh token is used up, and there is a new one. Or give a code back.",
            access: .anyone,
            body: .form(
                .object(
                    "TokenRequest",
                    [
                        .optional("grant_type", .string(length: 0...100), "refresh_token or authorization_code"),
                        .optional("refresh_token", .string(length: 0...512), "What the last answer gave."),
                        .optional("code", .string(length: 0...512), "What the browser has brought, good for one try."),
                        .optional("redirect_uri", .string(length: 0...1024), "Where it was brought."),
                        .optional("code_verifier", .string(length: 0...512), "Of the challenge (PKCE)."),
                    ]
                )
            ),
            answer: .json(GrantAnswer.schema, "The session's next tokens; for a code, who has logged in."),
            problems: [
                .invalidGrantRequest, .invalidGrant, .unsupportedGrantType, .invalidClient, .tooManyRequests,
            ]
        ) { request in
            guard let grant = request.field("grant_type"), !grant.isEmpty else {
                throw Problem(.invalidGrantRequest, "expected grant_type")
            }
            let client = try provider.client(of: request)
            switch grant {
            case "refresh_token":
                let token = RefreshToken(try request.expected("refresh_token"))
                return try .json(GrantAnswer(await sessions.refresh(token, by: client?.id)))
            case "authorization_code":
                guard let client else { throw Problem(.invalidClient, "send client id and secret as Basic") }
                return try .json(await provider.answer(toCodeOf: request, from: client))
            default:
                throw Problem(
                    .unsupportedGrantType,
                    "expected grant_type=refresh_token or grant_type=authorization_code"
                )
            }
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
            try await sessions.revoke(RefreshToken(try request.expected("token")))
            return .empty()
        }
    }
}

extension APIRequest {
    /// A field of the form that OAuth asks for.
    fileprivate func expected(_ name: String) throws -> String {
        guard let text = field(name), !text.isEmpty else { throw Problem(.invalidGrantRequest, "expected \(name)") }
        return text
    }
}

extension Provider {
    /// The client that proves itself; nil where none tries to.
    fileprivate func client(of request: APIRequest) throws -> OpenIDClient? {
        // A token that has run out may come along, as with any call for anyone.
        guard let header = request.headers[.authorization], header.lowercased().hasPrefix("basic ") else { return nil }
        guard let client = clients.client(provenBy: header) else { throw Problem(.invalidClient) }
        return client
    }

    fileprivate func answer(toCodeOf request: APIRequest, from client: OpenIDClient) async throws -> GrantAnswer {
        let code = try request.expected("code")
        let proof = Codes.Proof(
            client: client,
            redirectURI: try request.expected("redirect_uri"),
            verifier: try request.expected("code_verifier")
        )
        let signer = try await keys.signer()
        let grant = try await codes.redeem(Secret(code), proof)
        let claims = IDTokenClaims(grant, for: client, issuer: issuer, at: now())
        return GrantAnswer(grant.tokens, idToken: try signer.sign(claims, type: IDTokenClaims.type))
    }
}
