import Foundation
import JWTKit
import Perch
import Postgres
import ServiceTesting
import Testing

@testable import ServiceKit

/// Each token here is signed by the true key unless the test says otherwise: what refuses it is the check it is about.
@Suite struct ForgedTokenTests {
    @Test func aTokenOfAuthTellsItsUser() async throws {
        let fixture = try TokenFixture()
        #expect(try await fixture.verifier.verify(try await fixture.token()) == fixture.user)
        let nameless = try await fixture.token(payload: fixture.payload(["name": String?.none]))
        #expect(try await fixture.verifier.verify(nameless).name == nil)
    }

    @Test(arguments: [
        (#"{"alg":"none","typ":"at+jwt","kid":"key-1"}"#, "another algorithm"),
        (#"{"alg":"None","typ":"at+jwt","kid":"key-1"}"#, "another algorithm"),
        (#"{"alg":"HS256","typ":"at+jwt","kid":"key-1"}"#, "another algorithm"),
        (#"{"alg":"RS256","typ":"at+jwt","kid":"key-1"}"#, "another algorithm"),
        (#"{"alg":"ES256","typ":"at+jwt","kid":"key-1"}"#, "another algorithm"),
        (#"{"alg":"eddsa","typ":"at+jwt","kid":"key-1"}"#, "another algorithm"),
        (#"{"alg":["EdDSA"],"typ":"at+jwt","kid":"key-1"}"#, "another algorithm"),
        (#"{"alg":null,"typ":"at+jwt","kid":"key-1"}"#, "another algorithm"),
        (#"{"alg":"EdDSA","typ":"JWT","kid":"key-1"}"#, "another type"),
        (#"{"alg":"EdDSA","typ":"AT+JWT","kid":"key-1"}"#, "another type"),
        (#"{"alg":"EdDSA","typ":"application/at+jwt","kid":"key-1"}"#, "another type"),
        (#"{"alg":"EdDSA","typ":"at+jwt","kid":"key-2"}"#, "an unknown key"),
        (#"{"alg":"EdDSA","typ":"at+jwt","kid":"KEY-1"}"#, "an unknown key"),
        (#"{"alg":"EdDSA","typ":"at+jwt","kid":"../../../etc/passwd"}"#, "not the id of a key"),
        (#"{"alg":"EdDSA","typ":"at+jwt","kid":"x' OR '1'='1"}"#, "not the id of a key"),
        (#"{"alg":"EdDSA","typ":"at+jwt","kid":""}"#, "not the id of a key"),
        (#"{"alg":"EdDSA","typ":"at+jwt","kid":"key-1 "}"#, "not the id of a key"),
        (#"{"alg":"EdDSA","typ":"at+jwt","kid":1}"#, "not the id of a key"),
        (#"{"alg":"EdDSA","typ":"at+jwt","kid":null}"#, "not the id of a key"),
        (#"{"alg":"EdDSA","typ":"at+jwt"}"#, "the header has other members than alg, typ and kid"),
        (#"{"alg":"EdDSA","kid":"key-1"}"#, "the header has other members than alg, typ and kid"),
        (
            #"{"alg":"EdDSA","typ":"at+jwt","kid":"key-1","crit":["exp"]}"#,
            "the header has other members than alg, typ and kid"
        ),
        (
            #"{"alg":"EdDSA","typ":"at+jwt","kid":"key-1","crit":[]}"#,
            "the header has other members than alg, typ and kid"
        ),
        (
            #"{"alg":"EdDSA","typ":"at+jwt","kid":"key-1","jku":"https://evil.example/jwks.json"}"#,
            "the header has other members than alg, typ and kid"
        ),
        (
            #"{"alg":"EdDSA","typ":"at+jwt","kid":"key-1","x5u":"https://evil.example/x.pem"}"#,
            "the header has other members than alg, typ and kid"
        ),
        (
            #"{"alg":"EdDSA","typ":"at+jwt","kid":"key-1","x5c":["MII"]}"#,
            "the header has other members than alg, typ and kid"
        ),
        (
            #"{"alg":"EdDSA","typ":"at+jwt","kid":"key-1","jwk":{"kty":"OKP"}}"#,
            "the header has other members than alg, typ and kid"
        ),
        (#"{"alg":"EdDSA","typ":"at+jwt","kid":"key-1","kid":"key-1"}"#, "the header is not strict JSON"),
        (#"{"alg":"EdDSA","typ":"at+jwt","kid":"key-2","kid":"key-1"}"#, "the header is not strict JSON"),
        (#"{"alg":"none","alg":"EdDSA","typ":"at+jwt","kid":"key-1"}"#, "the header is not strict JSON"),
        (#"{"alg":"EdDSA","\u0061lg":"none","typ":"at+jwt","kid":"key-1"}"#, "the header is not strict JSON"),
        (#"["EdDSA","at+jwt","key-1"]"#, "the header has other members than alg, typ and kid"),
        (#""EdDSA""#, "the header has other members than alg, typ and kid"),
        (#"{"alg":"EdDSA","typ":"at+jwt","kid":"key-1"} x"#, "the header is not strict JSON"),
        (#"{"alg":"EdDSA","typ":"at+jwt","kid":"key-1\u0000"}"#, "the header is not strict JSON"),
    ]) func aHeaderOfAnyOtherFormIsRefused(_ header: String, _ reason: String) async throws {
        let fixture = try TokenFixture()
        let refusal = await fixture.refusal(of: try await fixture.token(header: header))
        #expect(refusal == .invalid(reason: reason))
    }

    /// For String, the sign of Kelvin is the letter K.
    @Test func theIDOfAKeyIsComparedByBytes() async throws {
        let fixture = try TokenFixture()
        fixture.auth.add(fixture.key, id: "K")
        let header = #"{"alg":"EdDSA","typ":"at+jwt","kid":"K"}"#
        #expect(await fixture.refusal(of: try await fixture.token(header: header)) == nil)
        let kelvin = header.replacing("K", with: "\u{212A}")
        #expect(kelvin == header && !kelvin.utf8.elementsEqual(header.utf8))
        let refusal = await fixture.refusal(of: try await fixture.token(header: kelvin))
        #expect(refusal == .invalid(reason: "not the id of a key"))
    }

    @Test(
        arguments: [
            (["iss": #""http://127.0.0.1:8082""#], "another issuer"),
            (["iss": #""http://127.0.0.1:8081/""#], "another issuer"),
            (["aud": #""other""#], "for another audience"),
            (["aud": #"["popug","other"]"#], "not the payload of an access token"),
            (["aud": nil], "not the payload of an access token"),
            (["iss": nil], "not the payload of an access token"),
            (["exp": nil], "not the payload of an access token"),
            (["iat": nil], "not the payload of an access token"),
            (["sub": nil], "not the payload of an access token"),
            (["sub": #""42""#], "not the payload of an access token"),
            (["role": #""owner""#], "not the payload of an access token"),
            (["role": nil], "not the payload of an access token"),
            (["exp": #""never""#], "not the payload of an access token"),
            (["exp": "1e400"], "not the payload of an access token"),
        ] as [([String: String?], String)]
    ) func aPayloadThatIsNotForUsIsRefused(
        _ changes: [String: String?],
        _ reason: String
    ) async throws {
        let fixture = try TokenFixture()
        let refusal = await fixture.refusal(of: try await fixture.token(payload: fixture.payload(changes)))
        #expect(refusal == .invalid(reason: reason))
    }

    @Test(arguments: ["", "null", "[]", "not json", "{", #"{"sub":"#]) func aPayloadThatIsNoneIsRefused(
        _ payload: String
    ) async throws {
        let fixture = try TokenFixture()
        let refusal = await fixture.refusal(of: try await fixture.token(payload: payload))
        #expect(
            refusal
                == .invalid(
                    reason: payload.isEmpty ? "not three parts of base64url" : "not the payload of an access token"
                )
        )
    }

    // MARK: Times

    @Test func aTokenIsValidUntilItsLastSecondAndNotInTheNext() async throws {
        let fixture = try TokenFixture()
        let token = try await fixture.token()
        fixture.clock.advance(by: .seconds(899))
        #expect(await fixture.refusal(of: token) == nil)
        fixture.clock.advance(by: .milliseconds(999))
        #expect(await fixture.refusal(of: token) == nil)
        fixture.clock.advance(by: .milliseconds(1))
        #expect(await fixture.refusal(of: token) == .invalid(reason: "expired"))
    }

    @Test(arguments: [("iat", "issued in the future"), ("nbf", "not valid yet")])
    func aTokenFromTheFutureIsRefusedBeyondThirtySeconds(_ member: String, _ reason: String) async throws {
        let fixture = try TokenFixture()
        let now = fixture.clock.now.milliseconds / 1000
        let near = try await fixture.token(payload: fixture.payload([member: "\(now + 30)"]))
        let far = try await fixture.token(payload: fixture.payload([member: "\(now + 31)"]))
        #expect(await fixture.refusal(of: near) == nil)
        #expect(await fixture.refusal(of: far) == .invalid(reason: reason))
    }

    // MARK: Signatures

    @Test func aTokenOfAnotherKeyIsRefused() async throws {
        let fixture = try TokenFixture()
        let token = try await fixture.token(key: EdDSA.PrivateKey(curve: .ed25519))
        #expect(await fixture.refusal(of: token) == .invalid(reason: "another signature"))
    }

    @Test func aTokenOfOneKeyDoesNotPassAsOfAnother() async throws {
        let fixture = try TokenFixture()
        fixture.auth.add(try EdDSA.PrivateKey(curve: .ed25519), id: "key-2")
        let header = #"{"alg":"EdDSA","typ":"at+jwt","kid":"key-2"}"#
        let refusal = await fixture.refusal(of: try await fixture.token(header: header))
        #expect(refusal == .invalid(reason: "another signature"))
    }

    @Test func aTokenWithoutASignatureIsRefused() async throws {
        let fixture = try TokenFixture()
        let none = #"{"alg":"none","typ":"at+jwt","kid":"key-1"}"#
        for header in [none, fixture.header] {
            let input = fixture.signingInput(header, fixture.payload())
            #expect(await fixture.refusal(of: "\(input).") == .invalid(reason: "not three parts of base64url"))
            #expect(await fixture.refusal(of: input) == .invalid(reason: "not three parts of base64url"))
        }
        let input = fixture.signingInput(fixture.header, fixture.payload())
        #expect(await fixture.refusal(of: "\(input).AAAA") == .invalid(reason: "another signature"))
    }

    /// The public key is known to all: as the secret of an HMAC it proves nothing.
    @Test func thePublicKeyIsNoSecret() async throws {
        let fixture = try TokenFixture()
        let publicKey = fixture.key.publicKey
        for secret in [Data(publicKey.rawRepresentation), Data(publicKey.pemRepresentation.utf8)] {
            let hmac = try await JWTKeyCollection().add(hmac: HMACKey(from: secret), digestAlgorithm: .sha256).getKey()
            for (algorithm, reason) in [("HS256", "another algorithm"), ("EdDSA", "another signature")] {
                let header = #"{"alg":"\#(algorithm)","typ":"at+jwt","kid":"key-1"}"#
                let input = fixture.signingInput(header, fixture.payload())
                let token = "\(input).\(Base64URL.encode(try hmac.sign(Data(input.utf8))))"
                #expect(await fixture.refusal(of: token) == .invalid(reason: reason))
            }
        }
    }

    @Test func oneBitOfAnyPartDecides() async throws {
        let fixture = try TokenFixture()
        let parts = try await fixture.token().split(separator: ".").map { try #require(Base64URL.decode($0)) }
        for index in parts.indices {
            var changed = parts
            changed[index][changed[index].count / 2] ^= 1
            let token = changed.map { Base64URL.encode($0) }.joined(separator: ".")
            #expect(await fixture.refusal(of: token) != nil, "part \(index)")
        }
    }

    // MARK: Texts

    @Test(arguments: [
        "", ".", "..", "...", "a.b", "a.b.c.d", "Bearer", "a b.c.d", "é.é.é", "eyJ9.eyJ9.eyJ9=", "\u{0}.\u{0}.\u{0}",
        String(repeating: ".", count: 8000), "e30.e30.e30",
    ]) func whatIsNoTokenIsRefused(_ text: String) async throws {
        let fixture = try TokenFixture()
        guard case .invalid = await fixture.refusal(of: text) else {
            Issue.record("not refused as invalid")
            return
        }
    }

    @Test func aTokenOfMoreThanEightKilobytesIsNotLookedAt() async throws {
        let fixture = try TokenFixture()
        func token(_ filling: Int) async throws -> String {
            let name = #""\#(String(repeating: "x", count: filling))""#
            return try await fixture.token(payload: fixture.payload(["name": name]))
        }
        let least = try await token(0).utf8.count
        let most = (8192 - least) * 3 / 4
        #expect(await fixture.refusal(of: try await token(most)) == nil)
        #expect(await fixture.refusal(of: try await token(most + 3)) == .invalid(reason: "too long"))
    }
}
