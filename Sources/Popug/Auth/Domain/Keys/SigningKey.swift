import HTTPKit
import OpenSSL
import Perch
import Postgres
import ServiceKit
import StrictJSON

/// A key pair that signs access tokens: Ed25519.
struct SigningKey: Sendable {
    let times: KeySchedule.Key
    let privateKey: Ed25519.PrivateKey

    var id: String { times.id }

    /// What others verify with.
    var published: JSONWebKey { JSONWebKey(id: id, publicKey: privateKey.publicKey.bytes) }

    /// A new key.
    init(publishedFrom: Timestamp, signsFrom: Timestamp) throws {
        privateKey = try Ed25519.PrivateKey()
        let id = Self.thumbprint(privateKey.publicKey.bytes)
        times = KeySchedule.Key(id: id, publishedFrom: publishedFrom, signsFrom: signsFrom)
    }

    /// A key that was stored.
    init(times: KeySchedule.Key, privateKey: [UInt8]) throws {
        self.times = times
        self.privateKey = try Ed25519.PrivateKey(bytes: privateKey)
    }

    /// The token as a JWT.
    func sign(_ token: AccessToken) throws -> String {
        try SignedToken.make(
            header: TokenHeader.json(keyID: id).utf8,
            payload: try JSONCoding.encode(token),
            sign: privateKey.sign
        )
    }

    /// Claims as a JWT of another type than an access token.
    func sign(_ claims: some Encodable, type: String) throws -> String {
        let header = #"{"alg":"\#(AccessToken.algorithm)","kid":"\#(id)","typ":"\#(type)"}"#
        return try SignedToken.make(
            header: header.utf8,
            payload: try JSONCoding.encode(claims),
            sign: privateKey.sign
        )
    }

    /// The key's id follows from the key, so two keys never share one.
    ///
    /// [RFC 7638](https://www.rfc-editor.org/rfc/rfc7638)
    static func thumbprint(_ publicKey: some Sequence<UInt8>) -> String {
        let json = #"{"crv":"Ed25519","kty":"OKP","x":"\#(Base64URL.encode(publicKey))"}"#
        return Base64URL.encode(SHA256.hash(json.utf8))
    }
}
