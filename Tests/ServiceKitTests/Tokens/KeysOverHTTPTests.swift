import HTTPKit
import HTTPTesting
import ServiceTesting
import Testing

@testable import ServiceKit

/// A service gets the keys that verify tokens from another one, as its program does.
@Suite struct KeysOverHTTPTests {
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
}
