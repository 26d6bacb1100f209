import HTTPKit
import OpenSSL
import Testing

@Suite struct TokenKeyTests {
    private func json(_ text: String) -> [UInt8] { Array(text.utf8) }

    private let curve = #""kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo""#

    @Test func aSetMayHoldKeysOfThreeKinds() throws {
        let (edwards, point, rsa) = (
            try Ed25519.PrivateKey().publicKey, try P256.PrivateKey().publicKey, try RSA.PrivateKey().publicKey
        )
        let keys = try TokenKey.all(
            ofSet: json(
                """
                {"keys":[{"kty":"OKP","crv":"Ed25519","kid":"a","x":"\(Base64URL.encode(edwards.bytes))"},
                {"kty":"EC","crv":"P-256","kid":"b:1/x","use":"sig","alg":"ES256","x":"\(Base64URL.encode(point.x))",
                "y":"\(Base64URL.encode(point.y))"},
                {"kty":"RSA","kid":"c","n":"\(Base64URL.encode(rsa.modulus))","e":"AQAB","x5t":"?"}]}
                """
            )
        )
        #expect(keys == ["a": .ed25519(edwards), "b:1/x": .p256(point), "c": .rsa(rsa)])
        #expect(Set(keys.values.map(\.algorithm)) == TokenKey.algorithms)
    }

    @Test(arguments: [
        #""use":"enc""#, #""alg":"RS256""#, #""alg":"HS256""#, #""alg":null"#,
    ]) func aKeyOfAnotherUseIsLeftOut(_ member: String) throws {
        let keys = try TokenKey.all(
            ofSet: json("{\"keys\":[{\(curve),\"kid\":\"a\"},{\(curve),\"kid\":\"b\",\(member)}]}")
        )
        #expect(Set(keys.keys) == ["a"])
    }

    @Test(arguments: [
        #""kty":"oct","k":"AAAA""#, #""kty":"EC","crv":"P-384","x":"AAAA","y":"AAAA""#,
        #""kty":"EC","crv":"P-256","x":"AAAA""#,
        #""kty":"EC","crv":"P-256","x":"AAAA","y":"AAAA""#, #""kty":"RSA","n":"AQAB","e":"AQAB""#,
        #""kty":"RSA","n":"","e":"""#,
        #""kty":"OKP","crv":"Ed25519","x":"AAAA""#, #""kty":"OKP","crv":"Ed448","x":"AAAA""#, #""kty":1"#,
    ]) func whatIsNoKeyIsLeftOut(_ members: String) throws {
        let keys = try TokenKey.all(ofSet: json("{\"keys\":[{\(curve),\"kid\":\"a\"},{\(members),\"kid\":\"b\"}, 1]}"))
        #expect(Set(keys.keys) == ["a"])
        #expect(throws: (any Error).self) {
            try TokenKey.all(ofSet: json("{\"keys\":[{\(members),\"kid\":\"b\"}]}"))
        }
    }

    @Test func aKeyWithoutAnIDIsNotNamedByAnyToken() {
        for id in [#""kid":"""#, #""kid":1"#, #""kid":"a b""#, #""kid":"é""#, #""x5t":"a""#] {
            #expect(throws: (any Error).self) { try TokenKey.all(ofSet: json("{\"keys\":[{\(curve),\(id)}]}")) }
        }
    }

    @Test func twoKeysOfOneIDAreNoSet() {
        #expect(throws: (any Error).self) {
            try TokenKey.all(ofSet: json("{\"keys\":[{\(curve),\"kid\":\"a\"},{\(curve),\"kid\":\"a\"}]}"))
        }
    }
}
