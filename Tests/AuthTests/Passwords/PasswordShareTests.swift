import Postgres
import ServiceTesting
import Synchronization
import Testing

@testable import Auth

@Suite struct PasswordShareTests {
    @Test func oneEmployeeWithARightPasswordDoesNotKeepOthersFromLoggingIn() async throws {
        let auth = try AuthFixture()
        try await auth.addUser()
        let hold = Hold()
        let displaced = Counter()
        let mallory = PasswordClient(address: "10.6.6.6", account: "mallory@x.org", isKnown: true)
        let tasks = (0..<(PasswordHasher.width + PasswordHasher.line)).map { _ in
            Task {
                do {
                    try await auth.hasher.borrow(for: mallory) { hold.wait() }
                } catch is PasswordHasher.Busy {
                    displaced.add()
                }
            }
        }
        while await auth.hasher.waitingCount < PasswordHasher.line { await Task.yield() }
        let login = Task {
            try await auth.logins.logIn(
                email: "ann@x.org",
                password: AuthFixture.password,
                from: LoginAddress("10.0.0.1")
            )
        }
        // Who has to give way is told so at once, while all others still wait.
        while displaced.value == 0 { await Task.yield() }
        hold.release()
        for task in tasks { try await task.value }
        _ = try await login.value
        #expect(displaced.value == 1)
    }

    @Test func whoIsDisplacedIsNotCountedAsFailed() async throws {
        let auth = try AuthFixture()
        try await auth.addUser()
        let hold = Hold()
        let others = (0..<PasswordHasher.width).map { number in
            Task {
                try await auth.hasher.borrow(
                    for: PasswordClient(address: "\(number)", account: "\(number)", isKnown: true)
                ) { hold.wait() }
            }
        }
        while hold.count < PasswordHasher.width { await Task.yield() }
        let logins = (0..<PasswordHasher.line).map { _ in
            Task {
                await refusal {
                    try await auth.logins.logIn(email: "ann@x.org", password: "wrong", from: LoginAddress("10.6.6.6"))
                }
            }
        }
        // Eleven are let in at all.
        while await auth.hasher.waitingCount < 11 { await Task.yield() }
        let more = (0..<6).map { number in
            let client = PasswordClient(address: "a\(number)", account: "a\(number)", isKnown: true)
            return Task { try await auth.hasher.borrow(for: client) {} }
        }
        while try await auth.count("SELECT count(*) FROM auth.login_failures WHERE level < 11") == 0 {
            await Task.yield()
        }
        hold.release()
        for task in others + more { try await task.value }
        var busy = 0
        for login in logins { if await login.value is PasswordHasher.Busy { busy += 1 } }
        #expect(busy == 1)
        let levels = try await auth.database.query("SELECT level FROM auth.login_failures") {
            try $0.decode(0, as: Double.self)
        }
        #expect(levels == [10, 10])
    }
}

private final class Counter: Sendable {
    private let state = Mutex(0)

    var value: Int { state.withLock(\.self) }

    func add() { state.withLock { $0 += 1 } }
}
