import Crypto
import Foundation
import JWTKit
import Postgres
import ServiceKit

/// A key pair that signs access tokens: Ed25519.
struct SigningKey: Sendable {
    let times: KeySchedule.Key
    let privateKey: Curve25519.Signing.PrivateKey

    var id: String { times.id }

    /// What others verify with.
    var published: JSONWebKey { JSONWebKey(id: id, publicKey: Array(privateKey.publicKey.rawRepresentation)) }

    /// A new key.
    init(publishedFrom: Timestamp, signsFrom: Timestamp) {
        privateKey = Curve25519.Signing.PrivateKey()
        let id = Self.thumbprint(privateKey.publicKey.rawRepresentation)
        times = KeySchedule.Key(id: id, publishedFrom: publishedFrom, signsFrom: signsFrom)
    }

    /// A key that was stored.
    init(times: KeySchedule.Key, privateKey: [UInt8]) throws {
        self.times = times
        self.privateKey = try Curve25519.Signing.PrivateKey(rawRepresentation: privateKey)
    }

    /// The token as a JWT.
    func sign(_ token: AccessToken) async throws -> String {
        let keys = await JWTKeyCollection().add(eddsa: EdDSA.PrivateKey(backing: privateKey))
        var header = JWTHeader()
        header.alg = AccessToken.algorithm
        header.typ = AccessToken.type
        header.kid = id
        return try await keys.sign(token, header: header)
    }

    /// The key's id follows from the key, so two keys never share one.
    ///
    /// [RFC 7638](https://www.rfc-editor.org/rfc/rfc7638)
    static func thumbprint(_ publicKey: some Sequence<UInt8>) -> String {
        let json = #"{"crv":"Ed25519","kty":"OKP","x":"\#(Base64URL.encode(publicKey))"}"#
        return Base64URL.encode(SHA256.hash(data: Data(json.utf8)))
    }
}
