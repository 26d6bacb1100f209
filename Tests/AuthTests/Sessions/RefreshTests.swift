import Foundation
import Perch
import Postgres
import ServiceKit
import ServiceTesting
import Testing

@testable import Auth

@Suite struct RefreshTests {
    private func refused(_ auth: AuthFixture, _ token: RefreshToken) async -> RefreshRefusal? {
        await refusal { try await auth.sessions.refresh(token) } as? RefreshRefusal
    }

    @Test func aSessionIsContinuedNoFasterThanAnyClientNeeds() async throws {
        let auth = try AuthFixture()
        var tokens = try await auth.sessions.begin(for: try await auth.addUser())
        for _ in 0..<21 { tokens = try await auth.sessions.refresh(tokens.refreshToken) }
        for _ in 0..<3 { #expect(await refused(auth, tokens.refreshToken) == .tooOften(retryAfter: 1)) }
        // The token is as good as before, and a client of good will loses nothing.
        auth.clock.advance(by: .seconds(1))
        tokens = try await auth.sessions.refresh(tokens.refreshToken)
        #expect(await refused(auth, tokens.refreshToken) == .tooOften(retryAfter: 2))
        auth.clock.advance(by: .seconds(900))
        for _ in 0..<10 { tokens = try await auth.sessions.refresh(tokens.refreshToken) }
    }

    @Test func inADayASessionIsContinuedSomeThousandTimesAtTheMost() {
        var count: LoginLimit.Count?
        let start = Timestamp(milliseconds: 1_800_000_000_000)
        var (now, refreshes) = (start, 0)
        while now - start < .seconds(86_400) {
            let next = LoginLimit.refresh.adding(to: count, at: now)
            count = next
            refreshes += 1
            now = max(LoginLimit.refresh.nextTry(after: next), now + .milliseconds(1))
        }
        #expect((1440...3000).contains(refreshes))
    }

    @Test func howeverOftenASessionIsContinuedItIsOneRow() async throws {
        let auth = try AuthFixture()
        var tokens = try await auth.sessions.begin(for: try await auth.addUser())
        for _ in 0..<30 {
            tokens = try await auth.sessions.refresh(tokens.refreshToken)
            auth.clock.advance(by: .seconds(60))
        }
        #expect(try await auth.count("SELECT count(*) FROM auth.sessions") == 1)
        #expect(try await auth.count("SELECT count(*) FROM auth.refresh_tokens") == 0)
    }

    @Test func aTokenOfLongAgoStillEndsTheSession() async throws {
        let auth = try AuthFixture()
        let first = try await auth.sessions.begin(for: try await auth.addUser())
        var tokens = first
        for _ in 0..<50 {
            tokens = try await auth.sessions.refresh(tokens.refreshToken)
            auth.clock.advance(by: .seconds(600))
        }
        #expect(await refused(auth, first.refreshToken) == .reused)
        #expect(await refused(auth, tokens.refreshToken) == .revoked)
    }

    @Test func theLimitDoesNotHideASecondUse() async throws {
        let auth = try AuthFixture()
        let first = try await auth.sessions.begin(for: try await auth.addUser())
        var tokens = first
        for _ in 0..<21 { tokens = try await auth.sessions.refresh(tokens.refreshToken) }
        #expect(await refused(auth, first.refreshToken) == .reused)
    }

    @Test func allTokensOfASessionAreOfOneFamilyAndNoneTellsTheNext() {
        let first = RefreshToken()
        let next = first.next()
        #expect(first.familyHash != nil && first.familyHash == next.familyHash)
        #expect(first.text != next.text && first.hash != next.hash)
        #expect(RefreshToken().familyHash != first.familyHash)
        for text in [
            "", "x", "' OR ''='", first.text + "A", String(first.text.dropLast()), String(repeating: "A", count: 5000),
        ] {
            #expect(RefreshToken(text).familyHash == nil)
        }
    }

    @Test func whoBeginsAThousandSessionsLosesTheOldest() async throws {
        let auth = try AuthFixture()
        let user = try await auth.addUser()
        let oldest = try await auth.sessions.begin(for: user)
        try await auth.database.execute(
            """
            INSERT INTO auth.sessions (session_id, user_id, began_at, expires_at)
            SELECT ('7fffffff-ffff-7fff-8fff-' || lpad(n::text, 12, '0'))::uuid, \(user.userID), \(auth.clock.now),
                \(auth.clock.now) + interval '30 days'
            FROM generate_series(1, 999) AS n
            """
        )
        _ = try await auth.sessions.begin(for: user)
        #expect(try await auth.count("SELECT count(*) FROM auth.sessions") == 1000)
        #expect(await refused(auth, oldest.refreshToken) == .unknown)
    }

    // MARK: Sessions of the version before

    /// A session as it was: each token has a row, and they have nothing in common.
    private func oldSession(_ auth: AuthFixture) async throws -> (used: RefreshToken, last: RefreshToken) {
        let user = try await auth.addUser()
        let (used, last, session) = (RefreshToken(), RefreshToken(), UUID.v7())
        let now = auth.clock.now
        try await auth.database.transaction { tx in
            try tx.execute(
                """
                INSERT INTO auth.sessions (session_id, user_id, began_at, expires_at)
                VALUES (\(session), \(user.userID), \(now), \(now + Sessions.lifetime))
                """
            )
            try tx.execute(
                """
                INSERT INTO auth.refresh_tokens (token_hash, session_id, issued_at, used_at)
                VALUES (\(used.hash), \(session), \(now), \(now)), (\(last.hash), \(session), \(now), NULL)
                """
            )
        }
        return (used, last)
    }

    @Test func aSessionOfTheVersionBeforeGoesOn() async throws {
        let auth = try AuthFixture()
        let (_, last) = try await oldSession(auth)
        let first = try await auth.sessions.refresh(last)
        // Processes of the version before, which look at these rows only, see that it is used up.
        #expect(try await auth.count("SELECT count(*) FROM auth.refresh_tokens WHERE used_at IS NULL") == 0)
        let second = try await auth.sessions.refresh(first.refreshToken)
        #expect(await refused(auth, last) == .reused)
        #expect(await refused(auth, second.refreshToken) == .revoked)
    }

    @Test func aUsedTokenOfTheVersionBeforeEndsItsSession() async throws {
        let auth = try AuthFixture()
        let (used, last) = try await oldSession(auth)
        #expect(await refused(auth, used) == .reused)
        #expect(await refused(auth, last) == .revoked)
    }

    @Test func aSessionOfTheVersionBeforeIsLoggedOutOf() async throws {
        let auth = try AuthFixture()
        let (used, last) = try await oldSession(auth)
        try await auth.sessions.revoke(used)
        #expect(await refused(auth, last) == .revoked)
    }

    // MARK: HTTP

    @Test func whoContinuesTooOftenIsToldWhenToTryAgain() async throws {
        let auth = try AuthFixture()
        let tokens = try await auth.sessions.begin(for: try await auth.addUser())
        try await withAPI(auth.api) { client in
            var token = tokens.refreshToken.text
            var statuses: [Int] = []
            var last: APIAnswer?
            for _ in 0..<23 {
                let answer = try await client.call(
                    .post,
                    "/oauth/token",
                    body: "grant_type=refresh_token&refresh_token=\(token)",
                    mediaType: "application/x-www-form-urlencoded"
                )
                token = try answer.json["refresh_token"]?.string ?? token
                statuses.append(answer.status)
                last = answer
            }
            #expect(statuses == Array(repeating: 200, count: 21) + [429, 429])
            #expect(last?.headers[.retryAfter] == "1")
        }
    }
}
