import HTTPTypes

/// How the issuer of the tests behaves: rightly, as long as nothing is said.
struct IssuerConduct: Sendable {
    /// What signs a token.
    enum Signature: Sendable, CaseIterable {
        case edwards, curve, rsa
        /// `alg: none`, without a signature.
        case none
        /// HS256 with the public key, which everybody has, for the secret.
        case hashOfPublicKey
        /// A key that the issuer does not publish, under the id of one that it does.
        case stranger
        /// The key is of one kind, the header names another one's algorithm.
        case otherAlgorithm
    }

    var signature = Signature.edwards
    /// Members of the header, as JSON; nil takes one away.
    var header: [String: String?] = [:]
    /// Claims of the ID token, as JSON; nil takes one away.
    var claims: [String: String?] = [:]
    /// Members of the discovery document, as JSON; nil takes one away.
    var metadata: [String: String?] = [:]
    /// Fields of the address that the browser is sent back to; nil takes one away.
    var answer: [String: String?] = [:]
    /// In the place of the discovery document.
    var isAway = false
    /// In the place of the answer to a code.
    var tokenAnswer: (status: HTTPResponse.Status, body: String)?
    /// Answers to a code wait for this to be over.
    var isSlow = false
    /// The key `edwards` has another id from now on.
    var keyID = "edwards"
}
