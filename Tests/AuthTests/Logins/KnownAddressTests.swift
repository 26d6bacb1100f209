import Foundation
import Postgres
import ServiceTesting
import Testing

@testable import Auth

@Suite struct KnownAddressTests {
    private let home = LoginAddress("203.0.113.7")

    private func logIn(_ auth: AuthFixture, _ name: String = "ann", from address: LoginAddress) async -> LoginRefusal? {
        await refusal {
            try await auth.logins.logIn(email: "\(name)@x.org", password: AuthFixture.password, from: address)
        } as? LoginRefusal
    }

    private func fail(_ auth: AuthFixture, from address: LoginAddress) async -> LoginRefusal? {
        await refusal { try await auth.logins.logIn(email: "ann@x.org", password: "wrong", from: address) }
            as? LoginRefusal
    }

    /// Strangers who fail as often as they are let in, from an address each.
    private func attack(_ auth: AuthFixture, _ tries: Int = 11) async {
        for number in 0..<tries {
            #expect(await fail(auth, from: LoginAddress("198.51.100.\(number)")) == .wrongCredentials)
        }
    }

    @Test func strangersDoNotKeepTheOwnerOutWhereItHasLoggedInBefore() async throws {
        let auth = try AuthFixture()
        try await auth.addUser()
        #expect(await logIn(auth, from: home) == nil)
        await attack(auth)
        for _ in 0..<3 { #expect(await logIn(auth, from: home) == nil) }
        // The strangers stay slowed down: the owner's logins clear nothing of theirs.
        #expect(await fail(auth, from: LoginAddress("198.51.100.99")) == .tooOften(retryAfter: 1))
        #expect(await logIn(auth, from: LoginAddress("198.51.100.99")) == .tooOften(retryAfter: 1))
    }

    @Test func whoGuessesFromTheOwnersAddressIsSlowedDownAsWell() async throws {
        let auth = try AuthFixture()
        try await auth.addUser()
        #expect(await logIn(auth, from: home) == nil)
        for _ in 0..<11 { #expect(await fail(auth, from: home) == .wrongCredentials) }
        #expect(await fail(auth, from: home) == .tooOften(retryAfter: 1))
        #expect(await logIn(auth, from: home) == .tooOften(retryAfter: 1))
        // And keeps the owner out there only.
        #expect(await logIn(auth, from: LoginAddress("203.0.113.8")) == nil)
    }

    @Test func anAddressIsKnownToItsOwnAccountOnly() async throws {
        let auth = try AuthFixture()
        try await auth.addUser()
        try await auth.addUser("bob")
        #expect(await logIn(auth, "bob", from: home) == nil)
        await attack(auth)
        #expect(await logIn(auth, from: home) == .tooOften(retryAfter: 1))
        #expect(await logIn(auth, "bob", from: home) == nil)
    }

    @Test func aWrongPasswordMakesNoAddressKnown() async throws {
        let auth = try AuthFixture()
        try await auth.addUser()
        #expect(await fail(auth, from: home) == .wrongCredentials)
        #expect(try await auth.count("SELECT count(*) FROM auth.known_addresses") == 0)
    }

    @Test func anAddressIsForgottenThatHasNotBeenUsedForLong() async throws {
        let auth = try AuthFixture()
        try await auth.addUser()
        #expect(await logIn(auth, from: home) == nil)
        auth.clock.advance(by: .seconds(90 * 86_400 - 1))
        await attack(auth)
        #expect(await logIn(auth, from: home) == nil)
        // Each login there counts anew.
        auth.clock.advance(by: .seconds(89 * 86_400))
        await attack(auth)
        #expect(await logIn(auth, from: home) == nil)
        auth.clock.advance(by: .seconds(90 * 86_400))
        await attack(auth)
        #expect(await logIn(auth, from: home) == .tooOften(retryAfter: 1))
        // Its row goes with the next login of whomever.
        try await auth.addUser("bob")
        #expect(await logIn(auth, "bob", from: LoginAddress("203.0.113.9")) == nil)
        #expect(try await auth.count("SELECT count(*) FROM auth.known_addresses") == 1)
    }

    @Test func theTwentyThatWereUsedLastAreKept() async throws {
        let auth = try AuthFixture()
        try await auth.addUser()
        for number in 0..<25 {
            #expect(await logIn(auth, from: LoginAddress("203.0.113.\(number)")) == nil)
            auth.clock.advance(by: .seconds(60))
        }
        #expect(try await auth.count("SELECT count(*) FROM auth.known_addresses") == 20)
        await attack(auth)
        #expect(await logIn(auth, from: LoginAddress("203.0.113.5")) == nil)
        #expect(await logIn(auth, from: LoginAddress("203.0.113.4")) == .tooOften(retryAfter: 1))
    }

    @Test func theTableTellsNoAddressAndNotWhoSharesOne() async throws {
        let (auth, other) = (try AuthFixture(), try AuthFixture())
        for auth in [auth, other] {
            for name in ["ann", "bob"] {
                try await auth.addUser(name)
                #expect(await logIn(auth, name, from: home) == nil)
            }
        }
        func hashes(_ auth: AuthFixture) async throws -> [[UInt8]] {
            try await auth.database.query("SELECT address FROM auth.known_addresses") { try $0.decode(0) }
        }
        let all = try await hashes(auth) + hashes(other)
        #expect(Set(all).count == 4 && all.allSatisfy { $0.count == 32 })
        // A key of each database's own: the hash of an address is not found by trying all of them.
        func subject(_ auth: AuthFixture) async throws -> [[UInt8]] {
            try await auth.database.query("SELECT auth.login_subject('127.0.0.1')") { try $0.decode(0) }
        }
        let (first, second) = (try await subject(auth), try await subject(other))
        #expect(first != second)
        let again = try await subject(auth)
        #expect(again == first)
    }

    @Test func aNewPasswordMakesAllAddressesStrange() async throws {
        let auth = try AuthFixture()
        let ann = try await auth.addUser()
        #expect(await logIn(auth, from: home) == nil)
        _ = try await auth.users.setPassword("battery staple", of: ann.userID, in: auth.database)
        #expect(try await auth.count("SELECT count(*) FROM auth.known_addresses") == 0)
    }
}
