import Foundation
import Perch
import PopugEvents
import Postgres
import ServiceKit
import ServiceTesting
import Testing

@testable import Auth

@Suite struct LoginTests {
    private let here = LoginAddress("10.0.0.1")

    private func fail(
        _ auth: AuthFixture,
        _ email: String = "ann@x.org",
        from address: LoginAddress? = nil
    ) async -> LoginRefusal? {
        await refusal { try await auth.logins.logIn(email: email, password: "wrong", from: address ?? here) }
            as? LoginRefusal
    }

    private func logIn(_ auth: AuthFixture, from address: LoginAddress? = nil) async throws {
        _ = try await auth.logins.logIn(
            email: "ann@x.org",
            password: AuthFixture.password,
            from: address ?? here
        )
    }

    @Test func theRightPasswordBeginsASessionInAnySpellingOfTheEmail() async throws {
        let auth = try AuthFixture()
        let user = try await auth.addUser()
        let tokens = try await auth.logins.logIn(email: "Ann@X.org", password: AuthFixture.password, from: here)
        #expect(try await auth.verifier.verify(tokens.accessToken).id == user.userID)
        #expect(try await auth.sessions.refresh(tokens.refreshToken).accessToken.isEmpty == false)
    }

    @Test func aWrongPasswordAndAnUnknownEmailAreTheSame() async throws {
        let auth = try AuthFixture()
        try await auth.addUser()
        #expect(await fail(auth) == .wrongCredentials)
        #expect(await fail(auth, "nobody@x.org") == .wrongCredentials)
        #expect(try await auth.count("SELECT count(*) FROM auth.sessions") == 0)
    }

    // MARK: Slowing down

    @Test func anAccountIsSlowedDownFromAllAddresses() async throws {
        let auth = try AuthFixture()
        try await auth.addUser()
        try await auth.addUser("bob")
        for number in 0..<11 {
            #expect(await fail(auth, from: LoginAddress("10.0.1.\(number)")) == .wrongCredentials)
        }
        let elsewhere = LoginAddress("10.9.9.9")
        #expect(await fail(auth, from: elsewhere) == .tooOften(retryAfter: 1))
        // In any spelling, and with the right password: it is not looked at.
        #expect(await fail(auth, "ANN@x.org", from: elsewhere) == .tooOften(retryAfter: 1))
        #expect(await refusal { try await logIn(auth, from: elsewhere) } as? LoginRefusal == .tooOften(retryAfter: 1))
        // Another account is not concerned.
        #expect(await fail(auth, "bob@x.org", from: elsewhere) == .wrongCredentials)
        auth.clock.advance(by: .seconds(1))
        #expect(await fail(auth, from: elsewhere) == .wrongCredentials)
        #expect(await fail(auth, from: elsewhere) == .tooOften(retryAfter: 2))
    }

    @Test func unknownEmailsAreSlowedDownAlike() async throws {
        let auth = try AuthFixture()
        for _ in 0..<11 { #expect(await fail(auth, "nobody@x.org") == .wrongCredentials) }
        #expect(await fail(auth, "nobody@x.org") == .tooOften(retryAfter: 1))
    }

    @Test func anAddressIsSlowedDownForAllAccounts() async throws {
        let auth = try AuthFixture()
        try await auth.addUser()
        for number in 0..<51 { #expect(await fail(auth, "user\(number)@x.org") == .wrongCredentials) }
        #expect(await fail(auth, "another@x.org") == .tooOften(retryAfter: 1))
        #expect(await refusal { try await logIn(auth) } as? LoginRefusal == .tooOften(retryAfter: 1))
        try await logIn(auth, from: LoginAddress("10.0.0.2"))
    }

    @Test func aTryThatIsRefusedIsNotCountedSoNobodyIsLockedOut() async throws {
        let auth = try AuthFixture()
        try await auth.addUser()
        for _ in 0..<11 { _ = await fail(auth) }
        for _ in 0..<30 { #expect(await fail(auth) == .tooOften(retryAfter: 1)) }
        auth.clock.advance(by: .seconds(1))
        try await logIn(auth)
    }

    @Test func aSuccessClearsTheAccountAndIsNoFailureOfTheAddress() async throws {
        let auth = try AuthFixture()
        try await auth.addUser()
        for _ in 0..<9 { _ = await fail(auth) }
        try await logIn(auth)
        for _ in 0..<11 { #expect(await fail(auth) == .wrongCredentials) }
        #expect(await fail(auth) == .tooOften(retryAfter: 1))
        auth.clock.advance(by: .seconds(1))
        for _ in 0..<100 { try await logIn(auth) }
    }

    @Test func triesAtTheSameTimeDoNotGetPastTheLimit() async throws {
        let auth = try AuthFixture()
        try await auth.addUser()
        // Wide enough that none is refused for lack of a place in line.
        let outcomes = await withTaskGroup(of: LoginRefusal?.self) { group in
            for number in 0..<60 {
                group.addTask {
                    let attempts = LoginAttempts(now: auth.now)
                    let address = LoginAddress("10.0.0.\(number)")
                    return await refusal {
                        try await attempts.admit(.login(email: "ann@x.org"), from: address, in: auth.database)
                    } as? LoginRefusal
                }
            }
            return await group.reduce(into: []) { $0.append($1) }
        }
        #expect(outcomes.filter { $0 == nil }.count == 11)
    }

    @Test func whatIsForgottenIsTakenAway() async throws {
        let auth = try AuthFixture()
        for number in 0..<12 { _ = await fail(auth, "user\(number)@x.org") }
        auth.clock.advance(by: .seconds(86_400))
        for _ in 0..<2 { _ = await fail(auth) }
        #expect(try await auth.count("SELECT count(*) FROM auth.login_failures") == 2)
    }

    // MARK: Hashes

    @Test func aPasswordThatWasHashedCheaplyIsHashedAnewAtLogin() async throws {
        let auth = try AuthFixture(cost: 4)
        let user = try await auth.addUser()
        func stored() async throws -> PasswordHash {
            let hashes = try await auth.database.query(
                "SELECT password_hash FROM auth.users WHERE user_id = \(user.userID)"
            ) { PasswordHash(try $0.decode(0, as: String.self)) }
            return try #require(hashes.first ?? nil)
        }
        let before = try await stored()
        let stronger = auth.logins(PasswordHasher(cost: 5))
        #expect(
            await refusal { try await stronger.logIn(email: user.email, password: "wrong", from: here) } != nil
        )
        #expect(try await stored() == before)
        _ = try await stronger.logIn(email: user.email, password: AuthFixture.password, from: here)
        let after = try await stored()
        #expect(after.cost == 5)
        #expect(try after.verify(AuthFixture.password))
        // What is harder than asked for stays.
        try await logIn(auth)
        #expect(try await stored() == after)
    }

    @Test func aTryThatFindsTheLineFullIsNotCounted() async throws {
        let auth = try AuthFixture()
        try await auth.addUser()
        let hold = Hold()
        let holders = (0..<(PasswordHasher.width + PasswordHasher.line)).map { number in
            let client = PasswordClient(address: "\(number)", account: "\(number)", isKnown: true)
            return Task { try await auth.hasher.borrow(for: client) { hold.wait() } }
        }
        while await auth.hasher.waitingCount < PasswordHasher.line { await Task.yield() }
        for _ in 0..<20 {
            #expect(await refusal { try await logIn(auth) } is PasswordHasher.Busy)
        }
        hold.release()
        for holder in holders { try await holder.value }
        try await logIn(auth)
        for _ in 0..<11 { #expect(await fail(auth) == .wrongCredentials) }
    }
}
