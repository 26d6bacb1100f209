import Foundation
import Perch
import PopugEvents
import Postgres
import ServiceKit
import ServiceTesting
import Testing

@testable import Auth

@Suite struct AccountTests {
    private let here = LoginAddress("203.0.113.7")

    private func logIn(_ auth: AuthFixture, _ password: String = AuthFixture.password) async throws -> TokenPair {
        try await auth.logins.logIn(email: "ann@x.org", password: password, from: here)
    }

    private func refresh(_ auth: AuthFixture, _ tokens: TokenPair) async -> RefreshRefusal? {
        await refusal { try await auth.sessions.refresh(tokens.refreshToken) } as? RefreshRefusal
    }

    @Test func aDisabledUserIsKeptOutUntilItIsEnabled() async throws {
        let auth = try AuthFixture()
        let ann = try await auth.addUser()
        let tokens = try await logIn(auth)
        let disabled = try await auth.users.disable(ann.userID, in: auth.database)
        #expect(disabled.disabledAt != nil)
        #expect(await refresh(auth, tokens) == .revoked)
        // It is told no more than a stranger.
        #expect(await refusal { try await logIn(auth) } as? LoginRefusal == .wrongCredentials)
        #expect(await refusal { try await auth.sessions.begin(for: ann) } as? LoginRefusal == .wrongCredentials)
        // Doing it again changes nothing.
        #expect(try await auth.users.disable(ann.userID, in: auth.database) == disabled)
        #expect(try await auth.users.enable(ann.userID, in: auth.database).disabledAt == nil)
        #expect(try await auth.users.enable(ann.userID, in: auth.database).disabledAt == nil)
        #expect(await refresh(auth, tokens) == .revoked)
        _ = try await logIn(auth)
    }

    /// The services verify tokens themselves and ask nobody.
    @Test func accessTokensOfADisabledUserLiveOnForFifteenMinutesAtTheMost() async throws {
        let auth = try AuthFixture()
        let ann = try await auth.addUser()
        let tokens = try await logIn(auth)
        _ = try await auth.users.disable(ann.userID, in: auth.database)
        auth.clock.advance(by: .seconds(14 * 60))
        #expect(try await auth.verifier.verify(tokens.accessToken).id == ann.userID)
        auth.clock.advance(by: .seconds(2 * 60))
        #expect(await refusal { try await auth.verifier.verify(tokens.accessToken) } != nil)
    }

    @Test func theSessionsOfOneUserAreEndedAndNobodyElses() async throws {
        let auth = try AuthFixture()
        let ann = try await auth.addUser()
        let bob = try await auth.addUser("bob")
        let (first, second) = (try await logIn(auth), try await logIn(auth))
        let other = try await auth.sessions.begin(for: bob)
        #expect(try await auth.users.endSessions(of: ann.userID, in: auth.database) == 2)
        #expect(try await auth.users.endSessions(of: ann.userID, in: auth.database) == 0)
        #expect(await refresh(auth, first) == .revoked)
        #expect(await refresh(auth, second) == .revoked)
        #expect(await refresh(auth, other) == nil)
        _ = try await logIn(auth)
    }

    @Test func anotherPasswordEndsTheSessionsAndTheOldPassword() async throws {
        let auth = try AuthFixture()
        let ann = try await auth.addUser()
        let tokens = try await logIn(auth)
        #expect(try await auth.users.setPassword("battery staple", of: ann.userID, in: auth.database) == 1)
        #expect(await refresh(auth, tokens) == .revoked)
        #expect(await refusal { try await logIn(auth) } as? LoginRefusal == .wrongCredentials)
        _ = try await logIn(auth, "battery staple")
        await #expect {
            _ = try await auth.users.setPassword("ann@x.org", of: ann.userID, in: auth.database)
        } throws: { ($0 as? UserError)?.field == "password" }
        _ = try await logIn(auth, "battery staple")
    }

    @Test func whomThereIsNotNothingIsDoneTo() async throws {
        let auth = try AuthFixture()
        let nobody = UUID.v7()
        let errors = [
            await refusal { try await auth.users.disable(nobody, in: auth.database) },
            await refusal { try await auth.users.enable(nobody, in: auth.database) },
            await refusal { try await auth.users.endSessions(of: nobody, in: auth.database) },
            await refusal { try await auth.users.setPassword("battery staple", of: nobody, in: auth.database) },
        ]
        #expect(errors.map { ($0 as? UserError)?.code } == Array(repeating: .notFound, count: 4))
    }

    /// As an operator may do it where nothing else goes.
    @Test func aUserWhoIsDisabledByAStatementContinuesNoSession() async throws {
        let auth = try AuthFixture()
        try await auth.addUser()
        let tokens = try await logIn(auth)
        try await auth.database.execute("UPDATE auth.users SET disabled_at = now()")
        #expect(await refresh(auth, tokens) == .revoked)
    }

    /// Its access token lives on, and is good for no guessing.
    @Test(arguments: ["wrong", AuthFixture.password]) func whoIsDisabledIsNotToldWhetherItIsThePassword(_ old: String)
        async throws
    {
        let auth = try AuthFixture()
        let ann = try await auth.addUser()
        _ = try await auth.users.disable(ann.userID, in: auth.database)
        let error = await refusal {
            try await auth.logins.changePassword(of: ann.userID, from: old, to: "battery staple", at: here)
        }
        #expect(error as? LoginRefusal == .wrongCredentials)
    }

    /// It waits for its hash, which has been read, while somebody else changes the password.
    @Test(arguments: [false, true]) func whoWaitsInLineWithAPasswordThatIsChangedMeanwhileIsRefused(isChange: Bool)
        async throws
    {
        let auth = try AuthFixture()
        let ann = try await auth.addUser()
        let hold = Hold()
        let holders = (0..<PasswordHasher.width).map { number in
            let client = PasswordClient(address: "\(number)", account: "\(number)", isKnown: true)
            return Task { try await auth.hasher.borrow(for: client) { hold.wait() } }
        }
        while hold.count < PasswordHasher.width { await Task.yield() }
        let waiter = Task {
            await refusal {
                guard isChange else { return try await logIn(auth) }
                return try await auth.logins.changePassword(
                    of: ann.userID,
                    from: AuthFixture.password,
                    to: "staple of batteries",
                    at: here
                )
            }
        }
        while await auth.hasher.waitingCount == 0 { await Task.yield() }
        let others = Users(hasher: PasswordHasher(cost: 4), now: auth.now)
        _ = try await others.setPassword("battery staple", of: ann.userID, in: auth.database)
        hold.release()
        for holder in holders { try await holder.value }
        #expect(await waiter.value as? LoginRefusal == .wrongCredentials)
        #expect(try await auth.count("SELECT count(*) FROM auth.sessions") == 0)
        _ = try await logIn(auth, "battery staple")
    }

    /// Between the look at the password and the session somebody else has changed it.
    @Test func aLoginThatIsUnderWayDoesNotSurviveAnotherPassword() async throws {
        let auth = try AuthFixture()
        let ann = try await auth.addUser()
        _ = try await auth.users.setPassword("battery staple", of: ann.userID, in: auth.database)
        let error = await refusal { try await auth.sessions.begin(for: ann, ifPasswordIs: 0) }
        #expect(error as? LoginRefusal == .wrongCredentials)
        _ = try await auth.sessions.begin(for: ann, ifPasswordIs: 1)
    }

    /// The session is either not begun, or ended: never one that begins after the end.
    @Test func ofLoginsAndADisableAtOnceNoSessionIsLeft() async throws {
        let auth = try AuthFixture()
        for number in 0..<10 {
            let user = try await auth.addUser("user\(number)")
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<4 {
                    group.addTask {
                        do {
                            _ = try await auth.sessions.begin(for: user)
                        } catch LoginRefusal.wrongCredentials {
                            // It came after.
                        }
                    }
                }
                group.addTask { _ = try await auth.users.disable(user.userID, in: auth.database) }
                try await group.waitForAll()
            }
        }
        #expect(try await auth.count("SELECT count(*) FROM auth.users WHERE disabled_at IS NULL") == 0)
        #expect(try await auth.count("SELECT count(*) FROM auth.sessions WHERE ended_at IS NULL") == 0)
    }

    /// Both lock the user before anything of it. The other way round each would wait for the other, and Postgres end one.
    @Test func aLoginThatWaitsForADisableHoldsNothingThatTheOtherNeeds() async throws {
        let auth = try AuthFixture()
        let ann = try await auth.addUser()
        _ = try await logIn(auth)
        let login = try await auth.database.transaction { tx in
            // What `disable` and `setPassword` do, a step at a time.
            let disable: SQL = "UPDATE auth.users SET disabled_at = now() WHERE user_id = \(ann.userID)"
            #expect(try tx.affectedRows(disable) == 1)
            let login = Task { await refusal { try await logIn(auth) } }
            var waiting = 0
            while waiting == 0 {
                waiting = try tx.query(
                    "SELECT count(*) FROM pg_locks WHERE NOT granted AND pg_backend_pid() = ANY (pg_blocking_pids(pid))"
                ) { try $0.decode(0, as: Int.self) }[0]
            }
            #expect(try Sessions.endAll(of: ann.userID, .disabled, at: auth.clock.now, in: tx) == 1)
            let forget: SQL = "DELETE FROM auth.known_addresses WHERE user_id = \(ann.userID)"
            #expect(try tx.affectedRows(forget) == 1)
            return login
        }
        #expect(await login.value as? LoginRefusal == .wrongCredentials)
        #expect(try await auth.count("SELECT count(*) FROM auth.sessions WHERE ended_at IS NULL") == 0)
    }

    // MARK: The own password

    @Test func whoKnowsThePasswordChangesItAndGoesOnInANewSession() async throws {
        let auth = try AuthFixture()
        let ann = try await auth.addUser()
        let (mine, stolen) = (try await logIn(auth), try await logIn(auth))
        let tokens = try await auth.logins.changePassword(
            of: ann.userID,
            from: AuthFixture.password,
            to: "battery staple",
            at: here
        )
        #expect(await refresh(auth, mine) == .revoked)
        #expect(await refresh(auth, stolen) == .revoked)
        #expect(await refresh(auth, tokens) == nil)
        // From here, and from nowhere else, it is known to be its owner.
        #expect(try await auth.count("SELECT count(*) FROM auth.known_addresses") == 1)
        #expect(await refusal { try await logIn(auth) } as? LoginRefusal == .wrongCredentials)
        _ = try await logIn(auth, "battery staple")
    }

    @Test(arguments: [
        ("wrong", "battery staple", "old_password"), (AuthFixture.password, AuthFixture.password, "new_password"),
        (AuthFixture.password, "ann@x.org", "new_password"), (AuthFixture.password, "password", "new_password"),
    ]) func whatDoesNotFitIsNamedAndChangesNothing(_ old: String, _ new: String, _ field: String) async throws {
        let auth = try AuthFixture()
        let ann = try await auth.addUser()
        let tokens = try await logIn(auth)
        let error = await refusal {
            try await auth.logins.changePassword(of: ann.userID, from: old, to: new, at: here)
        }
        #expect((error as? UserError)?.field == field)
        #expect(await refresh(auth, tokens) == nil)
        _ = try await logIn(auth)
    }

    /// An access token that was stolen does not help to guess the password.
    @Test func theOldPasswordIsGuessedAsSlowlyAsALogin() async throws {
        let auth = try AuthFixture()
        let ann = try await auth.addUser()
        func change(from old: String, _ number: Int) async -> (any Error)? {
            await refusal {
                try await auth.logins.changePassword(
                    of: ann.userID,
                    from: old,
                    to: "battery staple",
                    at: LoginAddress("198.51.100.\(number)")
                )
            }
        }
        for number in 0..<11 { #expect(await change(from: "wrong", number) is UserError) }
        #expect(await change(from: "wrong", 20) as? LoginRefusal == .tooOften(retryAfter: 1))
        #expect(await change(from: AuthFixture.password, 21) as? LoginRefusal == .tooOften(retryAfter: 1))
        // Logging in is another matter.
        _ = try await logIn(auth)
    }
}
