import HTTPTesting
import OpenSSL
import Testing

@testable import HTTPKit

@Suite struct JWKSCacheTests {
    @Test func keysAreFetchedOnceAndServeForFiveMinutes() async throws {
        let fixture = try KeysFixture()
        for _ in 0..<3 { #expect(await fixture.look() == .known) }
        fixture.clock.advance(by: .seconds(299))
        #expect(await fixture.look() == .known)
        #expect(fixture.issuer.fetches == 1)
        fixture.clock.advance(by: .seconds(301))
        #expect(await fixture.look() == .known)
        #expect(fixture.issuer.fetches == 2)
    }

    @Test func manyWhoAskAtOnceWaitForOneFetch() async throws {
        let fixture = try KeysFixture()
        fixture.issuer.hold()
        await withTaskGroup { group in
            for _ in 0..<20 { group.addTask { await fixture.look() } }
            // Each of them has asked, or will find the fetch under way or the keys there.
            while fixture.issuer.fetches == 0 { await Task.yield() }
            fixture.issuer.release()
            for await found in group { #expect(found == .known) }
        }
        #expect(fixture.issuer.fetches == 1)
    }

    @Test func aWaitingRequestThatIsCancelledCancelsTheFetchForNoOther() async throws {
        let fixture = try KeysFixture()
        fixture.issuer.hold()
        let first = Task { await fixture.look() }
        while fixture.issuer.fetches == 0 { await Task.yield() }
        let second = Task { await fixture.look() }
        first.cancel()
        fixture.issuer.release()
        #expect(await second.value == .known)
        #expect(fixture.issuer.fetches == 1)
    }

    @Test func aKeyThatIsNewIsFoundAtOnce() async throws {
        let fixture = try KeysFixture()
        #expect(await fixture.look() == .known)
        let key = try Ed25519.PrivateKey()
        fixture.issuer.add(key, id: "key-2")
        fixture.clock.advance(by: .seconds(30))
        #expect(await fixture.look("key-2") == .known)
    }

    @Test func unknownKeysAreLookedUpAtMostOnceInThirtySeconds() async throws {
        let fixture = try KeysFixture()
        #expect(await fixture.look() == .known)
        fixture.clock.advance(by: .seconds(30))
        for number in 0..<50 {
            #expect(await fixture.look("forged-\(number)") == .unknown)
        }
        #expect(fixture.issuer.fetches == 2)
        fixture.clock.advance(by: .milliseconds(29_999))
        _ = await fixture.look("forged")
        #expect(fixture.issuer.fetches == 2)
        fixture.clock.advance(by: .milliseconds(1))
        _ = await fixture.look("forged")
        #expect(fixture.issuer.fetches == 3)
    }

    // MARK: While the issuer is down

    @Test func knownKeysServeForADayWhileTheIssuerIsDown() async throws {
        let fixture = try KeysFixture()
        #expect(await fixture.look() == .known)
        fixture.issuer.isDown(true)
        for _ in 0..<(24 * 6 - 1) {
            fixture.clock.advance(by: .seconds(600))
            #expect(await fixture.look() == .known)
        }
        fixture.clock.advance(by: .seconds(600))
        #expect(await fixture.look() == .unavailable)
        fixture.issuer.isDown(false)
        fixture.clock.advance(by: .seconds(1))
        #expect(await fixture.look() == .known)
    }

    @Test func aDeadIssuerIsAskedEveryTenSecondsAndNobodyWaitsForIt() async throws {
        let fixture = try KeysFixture()
        #expect(await fixture.look() == .known)
        fixture.issuer.hold()
        fixture.issuer.isDown(true)
        fixture.clock.advance(by: .seconds(300))
        // Would hang if it waited.
        for _ in 0..<10 { #expect(await fixture.look() == .known) }
        while fixture.issuer.fetches < 2 { await Task.yield() }
        fixture.issuer.release()
        // Waits for the fetch that was under way.
        _ = await fixture.look("other")
        fixture.clock.advance(by: .seconds(9))
        for _ in 0..<10 { #expect(await fixture.look() == .known) }
        #expect(fixture.issuer.fetches == 2)
        fixture.clock.advance(by: .seconds(1))
        #expect(await fixture.look() == .known)
        while fixture.issuer.fetches < 3 { await Task.yield() }
    }

    @Test func aKeyThatIsNotKnownIsNotCalledUnknownWhileTheIssuerIsDown() async throws {
        let fixture = try KeysFixture()
        #expect(await fixture.look() == .known)
        fixture.issuer.isDown(true)
        fixture.clock.advance(by: .seconds(30))
        #expect(await fixture.look("key-2") == .unavailable)
    }

    @Test func beforeTheIssuerWasReachedNothingIsKnownAndItIsAskedOnceASecond() async throws {
        let fixture = try KeysFixture()
        fixture.issuer.isDown(true)
        for _ in 0..<10 { #expect(await fixture.look() == .unavailable) }
        #expect(fixture.issuer.fetches == 1)
        fixture.issuer.isDown(false)
        fixture.clock.advance(by: .seconds(1))
        #expect(await fixture.look() == .known)
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
        let fixture = try KeysFixture()
        #expect(await fixture.look() == .known)
        fixture.issuer.answer(answer)
        fixture.clock.advance(by: .seconds(600))
        #expect(await fixture.look() == .known)
        #expect(fixture.issuer.fetches == 2)
    }

    // MARK: Over HTTP

    private func look(_ issuer: Issuer, patience: Duration) async -> KeysFixture.Found {
        await KeysFixture.look("key-1", in: JWKSCache(issuer: issuer, patience: patience, logger: .silent))
    }

    private func head(_ status: String, length: Int) -> String {
        "HTTP/1.1 \(status)\r\nContent-Type: application/json\r\nContent-Length: \(length)\r\n"
    }

    /// The deadline is one for head and body: each byte would begin another anew.
    @Test(.timeLimit(.minutes(30))) func aKeySetThatDripsIsNotWaitedFor() async throws {
        try await RawServer.serving("\(head("200 OK", length: 60_000))\r\n{", drips: true) {
            server,
            port in
            let issuer = try #require(Issuer("http://127.0.0.1:\(port)"))
            #expect(await look(issuer, patience: .milliseconds(500)) == .unavailable)
            #expect(server.requests == 1)
        }
        try await RawServer.serving("HTTP/1.1 200 OK\r\nX-Long: ", drips: true) { _, port in
            let issuer = try #require(Issuer("http://127.0.0.1:\(port)"))
            #expect(await look(issuer, patience: .milliseconds(500)) == .unavailable)
        }
    }

    /// Where it leads is the word of whoever answered: keys come from the issuer, and from nobody else.
    @Test(arguments: [
        "301 Moved Permanently", "302 Found", "303 See Other", "307 Temporary Redirect",
        "308 Permanent Redirect",
    ])
    func aRedirectIsNotFollowed(_ status: String) async throws {
        let fixture = try KeysFixture()
        let keys = String(decoding: try await fixture.issuer.fetch(), as: UTF8.self)
        let set = "\(head("200 OK", length: keys.utf8.count))\r\n\(keys)"
        try await RawServer.serving(set) { elsewhere, port in
            let direct = try #require(Issuer("http://127.0.0.1:\(port)"))
            #expect(await look(direct, patience: .seconds(60)) == .known)
            let location = "Location: http://127.0.0.1:\(port)/keys\r\n"
            try await RawServer.serving("\(head(status, length: 0))\(location)\r\n") { server, port in
                let issuer = try #require(Issuer("http://127.0.0.1:\(port)"))
                #expect(await look(issuer, patience: .seconds(60)) == .unavailable)
                #expect(server.requests == 1 && elsewhere.requests == 1)
            }
        }
    }

    /// Foundation works out where a redirect leads before it asks.
    @Test(arguments: [
        "foo:bar", "//", "?%zz", "http:", "http://", "%", "http://[::1", "/\u{7F}", "#", "ftp://x/y", ":", "x:?a#b",
    ])
    func aRedirectToNowhereIsNoAnswerEither(_ location: String) async throws {
        try await RawServer.serving("\(head("302 Found", length: 0))Location: \(location)\r\n\r\n") { _, port in
            let issuer = try #require(Issuer("http://127.0.0.1:\(port)"))
            #expect(await look(issuer, patience: .seconds(60)) == .unavailable)
        }
    }

    /// A fetch that ignores that it is cancelled holds nobody up; known keys serve, and readiness tells.
    @Test(.timeLimit(.minutes(30))) func aFetchThatNeverEndsHoldsNobodyUpAndShows() async throws {
        let fixture = try KeysFixture()
        let (issuer, clock) = (fixture.issuer, fixture.clock)
        let cache = JWKSCache(
            patience: .milliseconds(200),
            logger: .silent,
            now: { clock.instant },
            fetch: { try await issuer.fetch() }
        )
        // However slow the machine is, sometime a fetch is whole in time.
        while await !cache.areKnown() { clock.advance(by: .seconds(10)) }
        let before = issuer.fetches
        issuer.hold()
        clock.advance(by: .seconds(600))
        #expect(await KeysFixture.look("key-1", in: cache) == .known)
        #expect(issuer.fetches == before + 1)
        #expect(await !cache.areKnown(), "no key can be fetched any more")
        clock.advance(by: .seconds(600))
        #expect(await KeysFixture.look("key-1", in: cache) == .known)
        #expect(issuer.fetches == before + 1, "there is no second one beside it")
        issuer.release()
        while await !cache.areKnown() { await Task.yield() }
    }
}
