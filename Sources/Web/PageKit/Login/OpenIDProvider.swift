import HTTPKit
import StrictJSON

/// What an issuer says of itself: where its endpoints are.
///
/// [OpenID Connect Discovery 1.0](https://openid.net/specs/openid-connect-discovery-1_0.html#ProviderMetadata)
package struct OpenIDProvider: Sendable, Hashable {
    let authorizationEndpoint: String
    let tokenEndpoint: String
    let keySet: String
    /// Nil: the issuer knows no logout that begins at us.
    let endSessionEndpoint: String?
    /// Whether each answer names the issuer (RFC 9207).
    let namesIssuerInAnswers: Bool

    /// - Throws: `LoginError.issuerUnusable` where the document is another issuer's, or an endpoint is missing or not safe.
    init(json: [UInt8], issuer: String) throws(LoginError) {
        guard let root = try? JSONDocument(json).root, root.kind == .object else {
            throw LoginError(.issuerUnusable, "its discovery document is not strict JSON")
        }
        guard root["issuer"]?.string?.hasBytes(of: issuer) == true else {
            let found = root["issuer"]?.string.map { VisibleText.of($0.prefix(200)) } ?? "nothing"
            throw LoginError(.issuerUnusable, "its discovery document names the issuer \(found), expected \(issuer)")
        }
        authorizationEndpoint = try Self.endpoint("authorization_endpoint", root, issuer)
        tokenEndpoint = try Self.endpoint("token_endpoint", root, issuer)
        keySet = try Self.endpoint("jwks_uri", root, issuer)
        endSessionEndpoint =
            root["end_session_endpoint"]?.string == nil ? nil : try Self.endpoint("end_session_endpoint", root, issuer)
        namesIssuerInAnswers = root["authorization_response_iss_parameter_supported"]?.boolean == true
        if let algorithms = root["id_token_signing_alg_values_supported"]?.elements.compactMap(\.string),
            TokenKey.algorithms.isDisjoint(with: algorithms)
        {
            throw LoginError(.issuerUnusable, "it signs with none of \(TokenKey.algorithms.sorted())")
        }
    }

    /// An issuer elsewhere does not lead to this machine.
    private static func endpoint(_ name: String, _ root: JSONValue, _ issuer: String) throws(LoginError) -> String {
        guard let url = root[name]?.string, SafeAddress.isSafe(url),
            SafeAddress.isLoopback(issuer) || !SafeAddress.isLoopback(url)
        else { throw LoginError(.issuerUnusable, "its \(name) is missing, or is not of https") }
        return url
    }
}

extension String {
    /// Whether it is the same, byte by byte: for `==` different spellings can be equal.
    func hasBytes(of other: String) -> Bool { utf8.elementsEqual(other.utf8) }
}
