import Foundation
import Logging
import OpenSSL
import Perch
import Postgres
import ServiceTesting
import Testing

@testable import HTTPKit
@testable import ServiceKit

@Suite struct JWKSCacheTests {
    private func otherToken(_ fixture: TokenFixture, keyID: String, key: Ed25519.PrivateKey? = nil)
        throws -> String
    {
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
                    .text(
                        String(decoding: try await auth.fetch(), as: UTF8.self),
                        mediaType: "application/json"
                    )
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
                String(decoding: try await auth.fetch(), as: UTF8.self)
                    + String(repeating: " ", count: 64 * 1024)
            )
            #expect(await refusal() == .keysUnavailable)
            auth.answer(nil)
            auth.hold()
            #expect(await refusal(patience: .milliseconds(500)) == .keysUnavailable)
            auth.release()
            #expect(await refusal() == nil)
        }
    }

    private func refusal(_ fixture: TokenFixture, _ issuer: Issuer, patience: Duration) async throws
        -> TokenError?
    {
        let cache = JWKSCache(issuer: issuer, patience: patience, logger: .silent)
        let clock = fixture.clock
        let verifier = TokenVerifier(issuer: issuer, keys: cache, now: { clock.now })
        let token = try fixture.token(payload: fixture.payload(["iss": #""\#(issuer)""#]))
        do {
            _ = try await verifier.verify(token)
            return nil
        } catch {
            return error as? TokenError
        }
    }

    private func head(_ status: String, length: Int) -> String {
        "HTTP/1.1 \(status)\r\nContent-Type: application/json\r\nContent-Length: \(length)\r\n"
    }

    /// The deadline is one for head and body: each byte would begin another anew.
    @Test(.timeLimit(.minutes(30))) func aKeySetThatDripsIsNotWaitedFor() async throws {
        let fixture = try TokenFixture()
        try await RawServer.serving("\(head("200 OK", length: 60_000))\r\n{", drips: true) {
            server,
            port in
            let issuer = try #require(Issuer("http://127.0.0.1:\(port)"))
            #expect(try await refusal(fixture, issuer, patience: .milliseconds(500)) == .keysUnavailable)
            #expect(server.requests == 1)
        }
        try await RawServer.serving("HTTP/1.1 200 OK\r\nX-Long: ", drips: true) { _, port in
            let issuer = try #require(Issuer("http://127.0.0.1:\(port)"))
            #expect(try await refusal(fixture, issuer, patience: .milliseconds(500)) == .keysUnavailable)
        }
    }

    /// Where it leads is the word of whoever answered: keys come from the issuer, and from nobody else.
    @Test(arguments: [
        "301 Moved Permanently", "302 Found", "303 See Other", "307 Temporary Redirect",
        "308 Permanent Redirect",
    ])
    func aRedirectIsNotFollowed(_ status: String) async throws {
        let fixture = try TokenFixture()
        let keys = String(decoding: try await fixture.auth.fetch(), as: UTF8.self)
        let set = "\(head("200 OK", length: keys.utf8.count))\r\n\(keys)"
        try await RawServer.serving(set) { elsewhere, port in
            let direct = try #require(Issuer("http://127.0.0.1:\(port)"))
            #expect(try await refusal(fixture, direct, patience: .seconds(60)) == nil)
            let location = "Location: http://127.0.0.1:\(port)/keys\r\n"
            try await RawServer.serving("\(head(status, length: 0))\(location)\r\n") { server, port in
                let issuer = try #require(Issuer("http://127.0.0.1:\(port)"))
                #expect(try await refusal(fixture, issuer, patience: .seconds(60)) == .keysUnavailable)
                #expect(server.requests == 1 && elsewhere.requests == 1)
            }
        }
    }

    /// Foundation works out where a redirect leads before it asks.
    @Test(arguments: [
        "foo:bar", "//", "?%zz", "http:", "http://", "%", "http://[::1", "/\u{7F}", "#", "ftp://x/y", ":", "x:?a#b",
    ])
    func aRedirectToNowhereIsNoAnswerEither(_ location: String) async throws {
        let fixture = try TokenFixture()
        try await RawServer.serving("\(head("302 Found", length: 0))Location: \(location)\r\n\r\n") { _, port in
            let issuer = try #require(Issuer("http://127.0.0.1:\(port)"))
            #expect(try await refusal(fixture, issuer, patience: .seconds(60)) == .keysUnavailable)
        }
    }

    /// A fetch that ignores that it is cancelled holds nobody up; known keys serve, and readiness tells.
    @Test(.timeLimit(.minutes(30))) func aFetchThatNeverEndsHoldsNobodyUpAndShows() async throws {
        let fixture = try TokenFixture()
        let (auth, clock) = (fixture.auth, fixture.clock)
        let cache = JWKSCache(
            patience: .milliseconds(200),
            logger: .silent,
            now: { clock.instant },
            fetch: { try await auth.fetch() }
        )
        let verifier = TokenVerifier(issuer: fixture.issuer, keys: cache, now: { clock.now })
        // However slow the machine is, sometime a fetch is whole in time.
        while await !cache.areKnown() { clock.advance(by: .seconds(10)) }
        let before = auth.fetches
        auth.hold()
        clock.advance(by: .seconds(600))
        _ = try await verifier.verify(try fixture.token())
        #expect(auth.fetches == before + 1)
        #expect(await !cache.areKnown(), "no key can be fetched any more")
        clock.advance(by: .seconds(600))
        _ = try await verifier.verify(try fixture.token())
        #expect(auth.fetches == before + 1, "there is no second one beside it")
        auth.release()
        while await !cache.areKnown() { await Task.yield() }
    }

    @Test func anAnswerOfAnyStatusIsReadAndOneOfAnotherSchemeIsNotAskedFor() async throws {
        let problem = #"{"title":"Log in first"}"#
        let answer =
            "\(head("401 Unauthorized", length: problem.utf8.count))WWW-Authenticate: Bearer\r\n\r\n\(problem)"
        try await RawServer.serving(answer) { _, port in
            let request = HTTPClient.Request(
                .post,
                "http://127.0.0.1:\(port)/v1/sessions",
                body: Array("{}".utf8)
            )
            let received = try await HTTPClient.shared.send(request, within: .seconds(60), largest: 1000)
            #expect(received == HTTPClient.Answer(status: 401, body: Array(problem.utf8)))
            await #expect(throws: HTTPClientError.tooLarge) {
                try await HTTPClient.shared.send(request, within: .seconds(60), largest: 10)
            }
        }
        for url in ["file:///etc/passwd", "ftp://127.0.0.1/x", "data:,x", "x"] {
            await #expect(throws: HTTPClientError.notHTTP) {
                try await HTTPClient.shared.send(
                    HTTPClient.Request(.get, url),
                    within: .seconds(60),
                    largest: 10
                )
            }
        }
    }

    @Test(.timeLimit(.minutes(30))) func aCallThatIsCancelledEnds() async throws {
        try await RawServer.serving("HTTP/1.1 200 OK\r\n") { server, port in
            let call = Task {
                let request = HTTPClient.Request(.get, "http://127.0.0.1:\(port)/")
                return try await HTTPClient.shared.send(request, within: .seconds(3600), largest: 10)
            }
            while server.requests == 0 { await Task.yield() }
            call.cancel()
            await #expect(throws: CancellationError.self) { try await call.value }
        }
    }
}
