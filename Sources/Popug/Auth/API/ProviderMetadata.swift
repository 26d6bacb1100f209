import ServiceKit

/// What auth says of itself as a provider: exactly what there is.
///
/// [OpenID Connect Discovery 1.0](https://openid.net/specs/openid-connect-discovery-1_0.html#ProviderMetadata)
struct ProviderMetadata: Encodable {
    let issuer: String
    let authorizationEndpoint: String
    let tokenEndpoint: String
    let revocationEndpoint: String
    let endSessionEndpoint: String
    let keySet: String
    let scopes = AuthorizationRequest.scopes
    let responseTypes = ["code"]
    let responseModes = ["query"]
    let grantTypes = ["authorization_code", "refresh_token"]
    let prompts = ["none", "login"]
    let subjectTypes = ["public"]
    let signingAlgorithms = [AccessToken.algorithm]
    /// `none` is for refresh tokens that were given without a client.
    let authenticationMethods = ["client_secret_basic", "none"]
    let challengeMethods = ["S256"]
    let claims = ["iss", "aud", "sub", "sid", "nonce", "auth_time", "iat", "exp", "role", "name", "email"]
    let takesRequestURIs = false
    let namesIssuerInAnswers = true
    let logsOutByBackChannel = true
    let namesSessionInLogouts = true

    enum CodingKeys: String, CodingKey {
        case issuer
        case authorizationEndpoint = "authorization_endpoint"
        case tokenEndpoint = "token_endpoint"
        case revocationEndpoint = "revocation_endpoint"
        case endSessionEndpoint = "end_session_endpoint"
        case keySet = "jwks_uri"
        case scopes = "scopes_supported"
        case responseTypes = "response_types_supported"
        case responseModes = "response_modes_supported"
        case grantTypes = "grant_types_supported"
        case prompts = "prompt_values_supported"
        case subjectTypes = "subject_types_supported"
        case signingAlgorithms = "id_token_signing_alg_values_supported"
        case authenticationMethods = "token_endpoint_auth_methods_supported"
        case challengeMethods = "code_challenge_methods_supported"
        case claims = "claims_supported"
        case takesRequestURIs = "request_uri_parameter_supported"
        case namesIssuerInAnswers = "authorization_response_iss_parameter_supported"
        case logsOutByBackChannel = "backchannel_logout_supported"
        case namesSessionInLogouts = "backchannel_logout_session_supported"
    }

    static let schema = Schema.object(
        "ProviderMetadata",
        [
            .required("issuer", .string()), .required("authorization_endpoint", .string()),
            .required("token_endpoint", .string()), .required("revocation_endpoint", .string()),
            .required("end_session_endpoint", .string()), .required("jwks_uri", .string()),
            .required("scopes_supported", .array(.string())),
            .required("response_types_supported", .array(.string())),
            .required("response_modes_supported", .array(.string())),
            .required("grant_types_supported", .array(.string())),
            .required("prompt_values_supported", .array(.string())),
            .required("subject_types_supported", .array(.string())),
            .required("id_token_signing_alg_values_supported", .array(.string())),
            .required("token_endpoint_auth_methods_supported", .array(.string())),
            .required("code_challenge_methods_supported", .array(.string())),
            .required("claims_supported", .array(.string())),
            .required("request_uri_parameter_supported", .boolean),
            .required("authorization_response_iss_parameter_supported", .boolean),
            .required("backchannel_logout_supported", .boolean),
            .required("backchannel_logout_session_supported", .boolean),
        ]
    )
}
