import HTTPKit

/// Where a client is answered: one of its registered addresses.
struct ReturnAddress: Sendable {
    let uri: String
    let state: String?

    /// With the answer's fields, the state that the client has sent, and who answers (RFC 9207).
    func answer(_ fields: [(String, String)], from issuer: Issuer) -> String {
        Address.adding(fields + [("state", state), ("iss", issuer.description)], to: uri)
    }
}

extension AuthorizationRequest {
    var back: ReturnAddress { ReturnAddress(uri: redirectURI, state: state) }
}
