import Foundation
import Postgres
import Testing

@testable import Auth

/// A call that hashes twice gives its place back between: the line may be full by then.
@Suite struct SecondHashTests {
    private let here = LoginAddress("10.0.0.1")

    /// Makes a call whose first hash is verified while others of this client come, one that runs and as many as may wait. When its
    /// second hash waits behind them, somebody comes who has nothing yet, so that one of those has to go who have the most.
    ///
    /// - Returns: Whether one of the others had to go.
    private func whileOthersWait<R: Sendable>(
        _ others: PasswordClient,
        cost: Int,
        _ call: @escaping @Sendable (PasswordHasher) async throws -> R
    ) async throws -> (othersGaveWay: Bool, result: Result<R, any Error>) {
        let (first, hold) = (Hold(), Hold())
        let hasher = PasswordHasher(cost: cost) { _ in first.wait() }
        let (displaced, ended) = (Counter(), Counter())
        let calling = Task {
            defer { ended.add() }
            return try await call(hasher)
        }
        while first.count == 0 { await Task.yield() }
        let holders = (0...PasswordHasher.line).map { _ in
            Task {
                do { try await hasher.borrow(for: others) { hold.wait() } } catch is PasswordHasher.Busy {
                    displaced.add()
                }
            }
        }
        while await hasher.waitingCount < PasswordHasher.line { await Task.yield() }
        first.release()
        // One of the others runs in its place, and it is the last in line.
        while hold.count < PasswordHasher.width { await Task.yield() }
        while await hasher.waitingCount < PasswordHasher.line { await Task.yield() }
        let newcomer = Task {
            try await hasher.borrow(for: PasswordClient(address: "10.9.9.9", account: "bob", isKnown: true)) {}
        }
        while displaced.value + ended.value == 0 { await Task.yield() }
        hold.release()
        for holder in holders { try await holder.value }
        try await newcomer.value
        return (displaced.value > 0, await calling.result)
    }

    @Test func whoChangesThePasswordTakesTheOwnShareForTheNewOneToo() async throws {
        let auth = try AuthFixture()
        let ann = try await auth.addUser()
        let (othersGaveWay, change) = try await whileOthersWait(.local, cost: 4) { hasher in
            try await auth.logins(hasher).changePassword(
                of: ann.userID,
                from: AuthFixture.password,
                to: "battery staple",
                at: here
            )
        }
        #expect(othersGaveWay)
        #expect(throws: Never.self) { try change.get() }
    }

    /// It can be hashed anew at any later login.
    @Test func aLoginWhosePasswordFindsNoPlaceToBeHashedAnewIsALoginAllTheSame() async throws {
        let auth = try AuthFixture(cost: 4)
        let ann = try await auth.addUser()
        let sameAddress = PasswordClient(address: here.description, account: "others", isKnown: true)
        let (othersGaveWay, login) = try await whileOthersWait(sameAddress, cost: 5) { hasher in
            try await auth.logins(hasher).logIn(email: ann.email, password: AuthFixture.password, from: here)
        }
        #expect(!othersGaveWay, "it is the one that had to go")
        #expect(throws: Never.self) { try login.get() }
        let stored = try await auth.database.query("SELECT password_hash FROM auth.users") {
            PasswordHash(try $0.decode(0, as: String.self))?.cost
        }
        #expect(stored == [4])
    }
}
