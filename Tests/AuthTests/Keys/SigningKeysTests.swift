import Foundation
import HTTPKit
import Perch
import PopugEvents
import Postgres
import ServiceKit
import ServiceTesting
import Testing

@testable import Auth

@Suite struct SigningKeysTests {
    @Test func processesThatStartTogetherMakeOneKey() async throws {
        let auth = try AuthFixture()
        let ids = try await withThrowingTaskGroup(of: String.self) { group in
            for _ in 0..<8 {
                let keys = auth.keys
                group.addTask { try await keys.signer().id }
            }
            return try await group.reduce(into: Set<String>()) { $0.insert($1) }
        }
        #expect(ids.count == 1)
        #expect(try await auth.count("SELECT count(*) FROM auth.signing_keys") == 1)
    }

    @Test func theKeyOutlivesTheProcess() async throws {
        let auth = try AuthFixture()
        let user = AuthenticatedUser(id: .v7(), role: .admin, name: "Ann")
        let token = AccessToken(issuer: auth.issuer, user: user, id: .v7(), at: auth.clock.now)
        let jwt = try await auth.keys.signer().sign(token)
        #expect(try await auth.verifier.verify(jwt) == user)
        #expect(try await auth.keys.published() == auth.keys.published())
    }

    /// Two processes of auth sign, two services verify with keys that they keep for 5 minutes, one asking often and one
    /// seldom; for 32 days, and closely around each change.
    @Test func noTokenIsEverRefusedWhileKeysChange() async throws {
        let auth = try AuthFixture()
        let clock = auth.clock
        let processes = [auth.keys, auth.keys]
        let services = processes.map { keys in
            let cache = JWKSCache(patience: .seconds(3600), logger: .silent, now: { clock.instant }) {
                try await keys.published().json
            }
            return TokenVerifier(issuer: auth.issuer, keys: cache, now: { clock.now })
        }
        let user = AuthenticatedUser(id: .v7(), role: .admin, name: nil)
        var tokens: [(jwt: String, issuedAt: Timestamp)] = []
        var keyIDs: Set<String> = []
        var refused = 0
        var verified = 0
        var step = 0
        let start = clock.now
        let change = start + KeySchedule.period
        while clock.now - start < .seconds(32 * 86_400) {
            for keys in processes {
                let signer = try await keys.signer()
                keyIDs.insert(signer.id)
                let token = AccessToken(issuer: auth.issuer, user: user, id: .v7(), at: clock.now)
                tokens.append((try signer.sign(token), clock.now))
            }
            tokens.removeAll { clock.now - $0.issuedAt >= AccessToken.lifetime }
            step += 1
            // The second service is asked in every third step only.
            for service in step.isMultiple(of: 3) ? services : [services[0]] {
                for token in [tokens.first, tokens.last].compactMap(\.self) {
                    do { _ = try await service.verify(token.jwt) } catch { refused += 1 }
                    verified += 1
                }
            }
            let isNearChange = clock.now - change > .seconds(-1800) && clock.now - change < .seconds(1800)
            clock.advance(by: isNearChange ? .seconds(10) : .seconds(5003))
        }
        #expect(refused == 0)
        #expect(verified > 1500)
        #expect(keyIDs.count == 2)
        // The key that has had its time is gone, private part and all.
        #expect(try await auth.count("SELECT count(*) FROM auth.signing_keys") == 1)
    }
}
