import PopugEvents
import Postgres
import ServiceTesting
import Synchronization
import Testing

@testable import Auth

/// What a login costs is counted in what it asks of scrypt, not in seconds.
@Suite struct PasswordCostTests {
    /// The cost of each derivation that a wrong password asks for.
    private func derivations(_ auth: AuthFixture, _ email: String, at cost: Int) async throws -> [Int] {
        let made = Mutex<[Int]>([])
        let hasher = PasswordHasher(cost: cost) { cost in made.withLock { $0.append(cost) } }
        let error = await refusal {
            try await auth.logins(hasher).logIn(email: email, password: "wrong", from: LoginAddress("10.0.0.1"))
        }
        #expect(error as? LoginRefusal == .wrongCredentials)
        return made.withLock(\.self)
    }

    private func work(_ costs: [Int]) -> Int { costs.map { 1 << $0 }.reduce(0, +) }

    private func office() async throws -> AuthFixture {
        let auth = try AuthFixture()
        for (name, cost) in [("ann", 4), ("bob", 4), ("eve", 6)] {
            _ = try await Users(hasher: PasswordHasher(cost: cost)).add(
                name: name,
                email: "\(name)@x.org",
                role: .employee,
                password: AuthFixture.password,
                to: auth.database
            )
        }
        return auth
    }

    @Test(arguments: [3, 4, 6, 8]) func aChangedCostDoesNotTellWhoExists(_ cost: Int) async throws {
        let auth = try await office()
        let expected = 1 << max(cost, 6)
        for email in ["ann@x.org", "bob@x.org", "eve@x.org", "nobody@x.org"] {
            #expect(try await work(derivations(auth, email, at: cost)) == expected, "\(email)")
        }
    }

    /// Also what it is made of: a hash of 16 MiB and one of 32 take another time than one of 64.
    @Test func whoDoesNotExistIsAsMostUsersAre() async throws {
        let auth = try await office()
        #expect(try await derivations(auth, "nobody@x.org", at: 8) == [4, 4, 5, 6, 7])
        #expect(try await derivations(auth, "ann@x.org", at: 8) == [4, 4, 5, 6, 7])
        #expect(try await derivations(auth, "eve@x.org", at: 8) == [6, 6, 7])
    }

    @Test func withoutAnyUserItIsTheSetting() async throws {
        let auth = try AuthFixture()
        #expect(try await derivations(auth, "nobody@x.org", at: 5) == [5])
    }

    @Test func whatHashesCostIsLookedAtAgainAfterAMinute() async throws {
        let auth = try await office()
        let census = PasswordCensus(now: auth.now)
        #expect(try await census.costs(5, in: auth.database) == PasswordCosts(usual: 4, highest: 6))
        try await auth.database.execute("UPDATE auth.users SET password_hash = replace(password_hash, 'ln=4', 'ln=7')")
        #expect(try await census.costs(5, in: auth.database) == PasswordCosts(usual: 4, highest: 6))
        auth.clock.advance(by: .seconds(60))
        #expect(try await census.costs(5, in: auth.database) == PasswordCosts(usual: 7, highest: 7))
    }
}
