import Foundation
import HTTPKit
import Perch
import PopugEvents
import Postgres
import ServiceKit
import ServiceTesting
import StrictJSON
import Testing

@testable import Auth

@Suite struct SessionTests {
    @Test func theAccessTokenTellsWhoLoggedIn() async throws {
        let auth = try AuthFixture()
        let user = try await auth.addUser("ann", role: .manager)
        let tokens = try await auth.sessions.begin(for: user)
        let verified = try await auth.verifier.verify(tokens.accessToken)
        #expect(verified == AuthenticatedUser(id: user.userID, role: .manager, name: "ann"))
        let payload = try #require(Base64URL.decode(tokens.accessToken.split(separator: ".")[1]))
        #expect(try JSONDocument(payload).root["sub"]?.string == user.userID.text)
        #expect(tokens.refreshToken.text.wholeMatch(of: /[A-Za-z0-9_-]{43}/) != nil)
    }

    @Test func theDatabaseHoldsHashesOnly() async throws {
        let auth = try AuthFixture()
        let tokens = try await auth.sessions.begin(for: try await auth.addUser())
        let hashes = try await auth.database.query("SELECT token_hash FROM auth.sessions") {
            try $0.decode(0, as: [UInt8].self)
        }
        #expect(hashes == [tokens.refreshToken.hash])
        #expect(!hashes[0].elementsEqual(tokens.refreshToken.text.utf8))
    }

    @Test func aSessionIsContinuedByEachNewToken() async throws {
        let auth = try AuthFixture()
        let user = try await auth.addUser()
        let sessions = auth.sessions
        var tokens = try await sessions.begin(for: user)
        for _ in 0..<5 {
            auth.clock.advance(by: .seconds(3600))
            let before = tokens
            tokens = try await sessions.refresh(tokens.refreshToken)
            #expect(tokens.refreshToken.text != before.refreshToken.text)
            #expect(try await auth.verifier.verify(tokens.accessToken).id == user.userID)
        }
        #expect(try await auth.count("SELECT count(*) FROM auth.sessions WHERE ended_at IS NULL") == 1)
    }

    @Test func aTokenThatIsUsedAgainEndsTheSessionForAllWhoHoldIt() async throws {
        let auth = try AuthFixture()
        let user = try await auth.addUser()
        let sessions = auth.sessions
        let first = try await sessions.begin(for: user)
        let other = try await sessions.begin(for: user)
        let second = try await sessions.refresh(first.refreshToken)
        let third = try await sessions.refresh(second.refreshToken)
        #expect(await refusal { try await sessions.refresh(first.refreshToken) } as? RefreshRefusal == .reused)
        for token in [first, second, third] {
            #expect(await refusal { try await sessions.refresh(token.refreshToken) } as? RefreshRefusal == .revoked)
        }
        #expect(try await auth.count("SELECT count(*) FROM auth.sessions WHERE end_reason = 'reuse'") == 1)
        // Another login is another family.
        _ = try await sessions.refresh(other.refreshToken)
    }

    @Test func ofTwoRefreshesAtOnceOneSucceedsAndTheSessionEnds() async throws {
        let auth = try AuthFixture()
        let user = try await auth.addUser()
        let sessions = auth.sessions
        for _ in 0..<10 {
            let token = try await sessions.begin(for: user).refreshToken
            let outcomes = await withTaskGroup(of: Result<TokenPair, any Error>.self) { group in
                for _ in 0..<2 {
                    group.addTask {
                        do { return .success(try await sessions.refresh(token)) } catch { return .failure(error) }
                    }
                }
                return await group.reduce(into: []) { $0.append($1) }
            }
            let successes = outcomes.compactMap { try? $0.get() }
            let refusals = outcomes.compactMap { outcome in
                if case .failure(let error) = outcome { error as? RefreshRefusal } else { nil }
            }
            #expect(refusals == [.reused])
            let winner = try #require(successes.first)
            #expect(await refusal { try await sessions.refresh(winner.refreshToken) } as? RefreshRefusal == .revoked)
        }
    }

    @Test func aSessionLastsThirtyDaysHoweverOftenItIsContinued() async throws {
        let auth = try AuthFixture()
        let sessions = auth.sessions
        var tokens = try await sessions.begin(for: try await auth.addUser())
        for _ in 0..<29 {
            auth.clock.advance(by: .seconds(86_400))
            tokens = try await sessions.refresh(tokens.refreshToken)
        }
        auth.clock.advance(by: .seconds(86_399))
        tokens = try await sessions.refresh(tokens.refreshToken)
        auth.clock.advance(by: .seconds(1))
        #expect(await refusal { try await sessions.refresh(tokens.refreshToken) } as? RefreshRefusal == .expired)
    }

    @Test func aRevokedSessionIsNotContinued() async throws {
        let auth = try AuthFixture()
        let user = try await auth.addUser()
        let sessions = auth.sessions
        let first = try await sessions.begin(for: user)
        let other = try await sessions.begin(for: user)
        let second = try await sessions.refresh(first.refreshToken)
        // Also by a token that was used before.
        try await sessions.revoke(first.refreshToken)
        #expect(await refusal { try await sessions.refresh(second.refreshToken) } as? RefreshRefusal == .revoked)
        _ = try await sessions.refresh(other.refreshToken)
        try await sessions.revoke(RefreshToken())
    }

    @Test func aTokenThatNobodyGaveIsUnknown() async throws {
        let auth = try AuthFixture()
        let sessions = auth.sessions
        for token in [RefreshToken(), RefreshToken("x"), RefreshToken("' OR ''='")] {
            #expect(await refusal { try await sessions.refresh(token) } as? RefreshRefusal == .unknown)
        }
    }

    @Test func whatHasExpiredIsForgottenByLaterLogins() async throws {
        let auth = try AuthFixture()
        let user = try await auth.addUser()
        let sessions = auth.sessions
        for _ in 0..<12 { _ = try await sessions.begin(for: user) }
        auth.clock.advance(by: .seconds(32 * 86_400))
        for _ in 0..<2 { _ = try await sessions.begin(for: user) }
        #expect(try await auth.count("SELECT count(*) FROM auth.sessions") == 2)
    }
}
