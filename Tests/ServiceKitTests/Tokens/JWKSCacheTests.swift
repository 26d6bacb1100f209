import Foundation
import Logging
import OpenSSL
import Perch
import Postgres
import ServiceTesting
import Testing

@testable import ServiceKit

@Suite struct JWKSCacheTests {
    private func otherToken(_ fixture: TokenFixture, keyID: String, key: Ed25519.PrivateKey? = nil) throws -> String {
        try fixture.token(header: #"{"alg":"EdDSA","typ":"at+jwt","kid":"\#(keyID)"}"#, key: key)
    }

    @Test func keysAreFetchedOnceAndServeForFiveMinutes() async throws {
        let fixture = try TokenFixture()
        let token = try fixture.token()
        for _ in 0..<3 { #expect(await fixture.refusal(of: token) == nil) }
        fixture.clock.advance(by: .seconds(299))
        #expect(await fixture.refusal(of: token) == nil)
        #expect(fixture.auth.fetches == 1)
        fixture.clock.advance(by: .seconds(301))
        #expect(await fixture.refusal(of: token) == nil)
        #expect(fixture.auth.fetches == 2)
    }

    @Test func manyWhoAskAtOnceWaitForOneFetch() async throws {
        let fixture = try TokenFixture()
        let token = try fixture.token()
        fixture.auth.hold()
        await withTaskGroup { group in
            for _ in 0..<20 { group.addTask { await fixture.refusal(of: token) } }
            // Each of them has asked, or will find the fetch under way or the keys there.
            while fixture.auth.fetches == 0 { await Task.yield() }
            fixture.auth.release()
            for await refusal in group { #expect(refusal == nil) }
        }
        #expect(fixture.auth.fetches == 1)
    }

    @Test func aWaitingRequestThatIsCancelledCancelsTheFetchForNoOther() async throws {
        let fixture = try TokenFixture()
        let token = try fixture.token()
        fixture.auth.hold()
        let first = Task { await fixture.refusal(of: token) }
        while fixture.auth.fetches == 0 { await Task.yield() }
        let second = Task { await fixture.refusal(of: token) }
        first.cancel()
        fixture.auth.release()
        #expect(await second.value == nil)
        #expect(fixture.auth.fetches == 1)
    }

    @Test func aKeyThatIsNewIsFoundAtOnce() async throws {
        let fixture = try TokenFixture()
        #expect(await fixture.refusal(of: try fixture.token()) == nil)
        let key = try Ed25519.PrivateKey()
        fixture.auth.add(key, id: "key-2")
        fixture.clock.advance(by: .seconds(30))
        #expect(await fixture.refusal(of: try otherToken(fixture, keyID: "key-2", key: key)) == nil)
    }

    @Test func unknownKeysAreLookedUpAtMostOnceInThirtySeconds() async throws {
        let fixture = try TokenFixture()
        #expect(await fixture.refusal(of: try fixture.token()) == nil)
        fixture.clock.advance(by: .seconds(30))
        for number in 0..<50 {
            let token = try otherToken(fixture, keyID: "forged-\(number)")
            #expect(await fixture.refusal(of: token) == .invalid(reason: "an unknown key"))
        }
        #expect(fixture.auth.fetches == 2)
        fixture.clock.advance(by: .milliseconds(29_999))
        _ = await fixture.refusal(of: try otherToken(fixture, keyID: "forged"))
        #expect(fixture.auth.fetches == 2)
        fixture.clock.advance(by: .milliseconds(1))
        _ = await fixture.refusal(of: try otherToken(fixture, keyID: "forged"))
        #expect(fixture.auth.fetches == 3)
    }

    // MARK: While auth is down

    @Test func knownKeysVerifyForADayWhileAuthIsDown() async throws {
        let fixture = try TokenFixture()
        #expect(await fixture.refusal(of: try fixture.token()) == nil)
        fixture.auth.isDown(true)
        for _ in 0..<(24 * 6 - 1) {
            fixture.clock.advance(by: .seconds(600))
            #expect(await fixture.refusal(of: try fixture.token()) == nil)
        }
        fixture.clock.advance(by: .seconds(600))
        #expect(await fixture.refusal(of: try fixture.token()) == .keysUnavailable)
        fixture.auth.isDown(false)
        fixture.clock.advance(by: .seconds(1))
        #expect(await fixture.refusal(of: try fixture.token()) == nil)
    }

    @Test func aDeadAuthIsAskedEveryTenSecondsAndNobodyWaitsForIt() async throws {
        let fixture = try TokenFixture()
        #expect(await fixture.refusal(of: try fixture.token()) == nil)
        fixture.auth.hold()
        fixture.auth.isDown(true)
        fixture.clock.advance(by: .seconds(300))
        let token = try fixture.token()
        // Would hang if it waited.
        for _ in 0..<10 { #expect(await fixture.refusal(of: token) == nil) }
        while fixture.auth.fetches < 2 { await Task.yield() }
        fixture.auth.release()
        // Waits for the fetch that was under way.
        _ = await fixture.refusal(of: try otherToken(fixture, keyID: "other"))
        fixture.clock.advance(by: .seconds(9))
        for _ in 0..<10 { #expect(await fixture.refusal(of: token) == nil) }
        #expect(fixture.auth.fetches == 2)
        fixture.clock.advance(by: .seconds(1))
        #expect(await fixture.refusal(of: token) == nil)
        while fixture.auth.fetches < 3 { await Task.yield() }
    }

    @Test func aTokenOfAnUnknownKeyIsNotCalledForgedWhileAuthIsDown() async throws {
        let fixture = try TokenFixture()
        #expect(await fixture.refusal(of: try fixture.token()) == nil)
        fixture.auth.isDown(true)
        fixture.clock.advance(by: .seconds(30))
        #expect(await fixture.refusal(of: try otherToken(fixture, keyID: "key-2")) == .keysUnavailable)
    }

    @Test func beforeAuthWasReachedNothingIsVerifiedAndItIsAskedOnceASecond() async throws {
        let fixture = try TokenFixture()
        fixture.auth.isDown(true)
        let token = try fixture.token()
        for _ in 0..<10 { #expect(await fixture.refusal(of: token) == .keysUnavailable) }
        #expect(fixture.auth.fetches == 1)
        fixture.auth.isDown(false)
        fixture.clock.advance(by: .seconds(1))
        #expect(await fixture.refusal(of: token) == nil)
    }

    @Test(arguments: [
        "", "[]", "{}", #"{"keys":[]}"#, #"{"keys":{}}"#, "<html>",
        #"{"keys":[{"kty":"RSA","kid":"key-1","n":"AQAB","e":"AQAB"}]}"#,
        #"{"keys":[{"kty":"oct","kid":"key-1","k":"AAAA"}]}"#,
        #"{"keys":[{"kty":"OKP","crv":"Ed25519","kid":"key-1","x":"AAAA"}]}"#,
        #"{"keys":[{"kty":"OKP","crv":"Ed25519","alg":"none","kid":"key-1","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]}"#,
        #"{"keys":[],"keys":[{"kty":"OKP","crv":"Ed25519","kid":"key-1","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]}"#,
        #"""
        {"keys":[{"kty":"OKP","crv":"Ed25519","kid":"key-1","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"},
        {"kty":"OKP","crv":"Ed25519","kid":"key-1","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]}
        """#,
    ]) func anAnswerThatIsNoKeySetChangesNothing(_ answer: String) async throws {
        let fixture = try TokenFixture()
        let token = try fixture.token()
        #expect(await fixture.refusal(of: token) == nil)
        fixture.auth.answer(answer)
        fixture.clock.advance(by: .seconds(600))
        #expect(await fixture.refusal(of: token) == nil)
        #expect(fixture.auth.fetches == 2)
    }

    // MARK: Over HTTP

    @Test func keysComeOverHTTPAndAnErrorALongAnswerAndALateOneAreNone() async throws {
        let fixture = try TokenFixture()
        let (auth, clock) = (fixture.auth, fixture.clock)
        let api = API(
            service: "auth",
            title: "Keys",
            calls: [
                APICall(
                    .get,
                    "/.well-known/jwks.json",
                    "Keys.",
                    access: .anyone,
                    answer: .text("application/json", "Keys.")
                ) { _ in
                    .text(String(decoding: try await auth.fetch(), as: UTF8.self), mediaType: "application/json")
                }
            ]
        )
        try await whileServing(api, verifier: fixture.verifier) { port in
            let issuer = try #require(Issuer("http://127.0.0.1:\(port)"))
            let token = try fixture.token(payload: fixture.payload(["iss": #""\#(issuer)""#]))
            func refusal(patience: Duration = .seconds(60)) async -> TokenError? {
                let cache = JWKSCache(issuer: issuer, patience: patience, logger: .silent)
                let verifier = TokenVerifier(issuer: issuer, keys: cache, now: { clock.now })
                do {
                    _ = try await verifier.verify(token)
                    return nil
                } catch {
                    return error as? TokenError
                }
            }
            #expect(await refusal() == nil)
            auth.isDown(true)
            #expect(await refusal() == .keysUnavailable)
            auth.isDown(false)
            auth.answer(
                String(decoding: try await auth.fetch(), as: UTF8.self) + String(repeating: " ", count: 64 * 1024)
            )
            #expect(await refusal() == .keysUnavailable)
            auth.answer(nil)
            auth.hold()
            #expect(await refusal(patience: .milliseconds(500)) == .keysUnavailable)
            auth.release()
            #expect(await refusal() == nil)
        }
    }
}
