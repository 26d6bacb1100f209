import Foundation
import HTTPKit
import HTTPTesting
import OpenSSL
import Perch
import Postgres
import ServiceTesting
import Testing

@testable import ServiceKit

/// Each token here is signed by the true key unless the test says otherwise: what refuses it is the check it is about.
@Suite struct ForgedTokenTests {
    @Test func aTokenOfAuthTellsItsUser() async throws {
        let fixture = try TokenFixture()
        #expect(try await fixture.verifier.verify(try fixture.token()) == fixture.user)
        let nameless = try fixture.token(payload: fixture.payload(["name": String?.none]))
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
        let refusal = await fixture.refusal(of: try fixture.token(header: header))
        #expect(refusal == .invalid(reason: reason))
    }

    /// For String, the sign of Kelvin is the letter K.
    @Test func theIDOfAKeyIsComparedByBytes() async throws {
        let fixture = try TokenFixture()
        fixture.auth.add(fixture.key, id: "K")
        let header = #"{"alg":"EdDSA","typ":"at+jwt","kid":"K"}"#
        #expect(await fixture.refusal(of: try fixture.token(header: header)) == nil)
        let kelvin = header.replacing("K", with: "\u{212A}")
        #expect(kelvin == header && !kelvin.utf8.elementsEqual(header.utf8))
        let refusal = await fixture.refusal(of: try fixture.token(header: kelvin))
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
        let refusal = await fixture.refusal(of: try fixture.token(payload: fixture.payload(changes)))
        #expect(refusal == .invalid(reason: reason))
    }

    @Test(arguments: ["", "null", "[]", "not json", "{", #"{"sub":"#]) func aPayloadThatIsNoneIsRefused(
        _ payload: String
    ) async throws {
        let fixture = try TokenFixture()
        let refusal = await fixture.refusal(of: try fixture.token(payload: payload))
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
        let token = try fixture.token()
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
        let near = try fixture.token(payload: fixture.payload([member: "\(now + 30)"]))
        let far = try fixture.token(payload: fixture.payload([member: "\(now + 31)"]))
        #expect(await fixture.refusal(of: near) == nil)
        #expect(await fixture.refusal(of: far) == .invalid(reason: reason))
    }

    /// Signed by auth for longer than it signs.
    @Test(arguments: [(901, 0), (315_360_000, 0), (900, -1), (900, -9_223_372_036_854_775_000)])
    func aTokenThatIsValidForTooLongIsRefused(_ exp: Int, _ iat: Int) async throws {
        let fixture = try TokenFixture()
        let now = Int(fixture.clock.now.milliseconds / 1000)
        let issuedAt = iat < -1 ? iat : now + iat
        let payload = fixture.payload(["exp": "\(now + exp)", "iat": "\(issuedAt)"])
        #expect(
            await fixture.refusal(of: try fixture.token(payload: payload)) == .invalid(reason: "valid for too long")
        )
    }

    // MARK: Signatures

    @Test func aTokenOfAnotherKeyIsRefused() async throws {
        let fixture = try TokenFixture()
        let token = try fixture.token(key: Ed25519.PrivateKey())
        #expect(await fixture.refusal(of: token) == .invalid(reason: "another signature"))
    }

    @Test func aTokenOfOneKeyDoesNotPassAsOfAnother() async throws {
        let fixture = try TokenFixture()
        fixture.auth.add(try Ed25519.PrivateKey(), id: "key-2")
        let header = #"{"alg":"EdDSA","typ":"at+jwt","kid":"key-2"}"#
        let refusal = await fixture.refusal(of: try fixture.token(header: header))
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
        // As it is, as a key set has it, and as PEM has it: behind the twelve bytes that say of what kind it is.
        let der: [UInt8] = [0x30, 0x2A, 0x30, 0x05, 0x06, 0x03, 0x2B, 0x65, 0x70, 0x03, 0x21, 0x00] + publicKey.bytes
        let pem = "-----BEGIN PUBLIC KEY-----\n\(Data(der).base64EncodedString())\n-----END PUBLIC KEY-----"
        for secret in [publicKey.bytes, Array(Base64URL.encode(publicKey.bytes).utf8), Array(pem.utf8)] {
            for (algorithm, reason) in [("HS256", "another algorithm"), ("EdDSA", "another signature")] {
                let header = #"{"alg":"\#(algorithm)","typ":"at+jwt","kid":"key-1"}"#
                let input = fixture.signingInput(header, fixture.payload())
                let token = "\(input).\(Base64URL.encode(Self.hmac(of: Array(input.utf8), secret)))"
                #expect(await fixture.refusal(of: token) == .invalid(reason: reason))
            }
        }
    }

    /// HMAC of SHA-256, RFC 2104.
    private static func hmac(of message: [UInt8], _ secret: [UInt8]) -> [UInt8] {
        let key = secret.count > 64 ? SHA256.hash(secret) : secret
        let block = key + [UInt8](repeating: 0, count: 64 - key.count)
        return SHA256.hash(block.map { $0 ^ 0x5C } + SHA256.hash(block.map { $0 ^ 0x36 } + message))
    }

    /// The last character of 64 bytes carries two bits that mean nothing: a list of tokens by their texts would miss the other
    /// spellings.
    @Test func aSignatureHasOneSpelling() async throws {
        let fixture = try TokenFixture()
        let token = try fixture.token()
        let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")
        let last = try #require(token.last.flatMap { alphabet.firstIndex(of: $0) })
        #expect(last % 4 == 0)
        for other in 1...3 {
            let spelled = "\(token.dropLast())\(alphabet[last + other])"
            #expect(await fixture.refusal(of: spelled) == .invalid(reason: "not three parts of base64url"))
        }
    }

    /// S plus the order of the group passes for S where it is not compared with it.
    @Test func aSignatureHasOneForm() async throws {
        let fixture = try TokenFixture()
        let token = try SignedToken(try fixture.token())
        let order: [UInt8] = [
            0xED, 0xD3, 0xF5, 0x5C, 0x1A, 0x63, 0x12, 0x58, 0xD6, 0x9C, 0xF7, 0xA2, 0xDE, 0xF9, 0xDE, 0x14,
            0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
        ]
        var forged = token.signature
        var carry = 0
        for index in order.indices {
            let sum = Int(forged[32 + index]) + Int(order[index]) + carry
            forged[32 + index] = UInt8(sum & 0xFF)
            carry = sum >> 8
        }
        #expect(carry == 0)
        let text = SignedToken.make(header: token.header, payload: token.payload) { _ in forged }
        #expect(await fixture.refusal(of: text) == .invalid(reason: "another signature"))
    }

    @Test func oneBitOfAnyPartDecides() async throws {
        let fixture = try TokenFixture()
        let parts = try fixture.token().split(separator: ".").map { try #require(Base64URL.decode($0)) }
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
        func token(_ filling: Int) throws -> String {
            let name = #""\#(String(repeating: "x", count: filling))""#
            return try fixture.token(payload: fixture.payload(["name": name]))
        }
        let least = try token(0).utf8.count
        let most = (8192 - least) * 3 / 4
        #expect(await fixture.refusal(of: try token(most)) == nil)
        #expect(await fixture.refusal(of: try token(most + 3)) == .invalid(reason: "too long"))
    }
}
