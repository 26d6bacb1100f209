import Foundation
import HTTPKit
import Logging
import OpenSSL
import PageKit
import StrictJSON

/// What a client sends a browser with that shall be logged out. All of it may be written by a stranger.
///
/// [OpenID Connect RP-Initiated Logout 1.0](https://openid.net/specs/openid-connect-rpinitiated-1_0.html)
struct EndSessionRequest: Sendable {
    /// Who asks; nil: nobody knows.
    let client: OpenIDClient?
    /// Where a link leads afterwards: exactly as the client has registered it, with its state; nil: nowhere.
    let back: LinkTarget?
    /// What is sent on, so that the next page knows it too.
    let fields: [(String, String)]

    /// - Parameter hint: What the ID token says that the client sent along, where it is one of ours.
    init(_ fields: FormFields, hint: IDTokenHint?, clients: OpenIDClients) {
        client = clients.client(fields["client_id"] ?? hint?.client)
        let uri = fields["post_logout_redirect_uri"]
        guard let client, let uri, client.leads(afterLogoutTo: uri) else {
            (back, self.fields) = (nil, [])
            return
        }
        let state = fields["state"].flatMap { $0.utf8.count <= AuthorizationRequest.longestText ? $0 : nil }
        back = LinkTarget(url: Address.adding([("state", state)], to: uri))
        self.fields =
            [("client_id", client.id), ("post_logout_redirect_uri", uri)] + (state.map { [("state", $0)] } ?? [])
    }
}

/// An ID token that a client sends back: it says which session is meant. It may have expired long ago.
struct IDTokenHint: Sendable {
    let client: String
    let session: UUID
}

extension Provider {
    /// What an ID token says that we have signed; nil for any other text, and for one of a key that was forgotten.
    func hint(_ text: String?) async throws -> IDTokenHint? {
        guard let text, text.utf8.count <= 8 * 1024, let token = try? SignedToken(text),
            let header = try? JSONDocument(token.header).root, header["typ"]?.string == IDTokenClaims.type,
            let id = header["kid"]?.string,
            let key = try await keys.published().keys.first(where: { $0.id.utf8.elementsEqual(id.utf8) }),
            let publicKey = try? Ed25519.PublicKey(bytes: key.publicKey),
            publicKey.verifies(token.signature, of: token.signed),
            let claims = try? JSONDocument(token.payload).root, let client = claims["aud"]?.string,
            let session = claims["sid"]?.string.flatMap(UUID.init(uuidString:))
        else { return nil }
        return IDTokenHint(client: client, session: session)
    }

    /// Waits until all programs that had a login know that it has ended, as long as people wait. That one could not be told is no
    /// failure: what has ended has ended.
    func awaitTelling(ofEndOf login: UUID) async {
        do {
            try await logouts.wait(forEndOf: login)
        } catch {
            logger.warning("nobody knows whether the end of a login was told", metadata: ["error": "\(error)"])
        }
    }

    /// The same for all logins of a user.
    func awaitTelling(ofEndsOf user: UUID) async {
        do {
            try await logouts.wait(forEndsOf: user)
        } catch {
            logger.warning("nobody knows whether the ends of logins were told", metadata: ["error": "\(error)"])
        }
    }
}
