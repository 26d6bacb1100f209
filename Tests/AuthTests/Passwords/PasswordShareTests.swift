import Foundation
import Perch
import PopugEvents
import Postgres
import ServiceKit
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
        let ended = Counter()
        let login = Task {
            defer { ended.add() }
            return try await auth.logins.logIn(
                email: "ann@x.org",
                password: AuthFixture.password,
                from: LoginAddress("10.0.0.1")
            )
        }
        // Who has to give way is told so at once, while all others still wait.
        while displaced.value + ended.value == 0 { await Task.yield() }
        hold.release()
        for task in tasks { try await task.value }
        _ = try await login.value
        #expect(displaced.value == 1)
    }

    /// Nobody else's: not that of the commands of this program, nor that of other calls.
    @Test(arguments: ["log in", "add a user", "set a password", "change the own password"])
    func eachCallThatHashesTakesTheShareOfWhoMakesIt(_ call: String) async throws {
        let auth = try AuthFixture()
        let ann = try await auth.addUser()
        try await withAPI(auth.api) { client in
            let hold = Hold()
            let (displaced, ended) = (Counter(), Counter())
            let holders = (0..<(PasswordHasher.width + PasswordHasher.line)).map { _ in
                Task {
                    do {
                        try await auth.hasher.borrow(for: .local) { hold.wait() }
                    } catch is PasswordHasher.Busy {
                        displaced.add()
                    }
                }
            }
            while await auth.hasher.waitingCount < PasswordHasher.line { await Task.yield() }
            let answer = Task {
                defer { ended.add() }
                let right = AuthFixture.password
                return switch call {
                case "log in":
                    try await client.call(
                        .post,
                        "/v1/sessions",
                        body: #"{"email": "ann@x.org", "password": "\#(right)"}"#
                    )
                case "add a user":
                    try await client.call(
                        .post,
                        "/v1/users",
                        as: .someone(.admin),
                        body: #"{"name": "Bob", "email": "bob@x.org", "password": "\#(right)", "role": "employee"}"#
                    )
                case "set a password":
                    try await client.call(
                        .post,
                        "/v1/users/\(ann.userID.text)/password",
                        as: .someone(.admin),
                        body: #"{"password": "battery staple"}"#
                    )
                default:
                    try await client.call(
                        .post,
                        "/v1/users/me/password",
                        as: .user(ann.userID, .employee),
                        body: #"{"old_password": "\#(right)", "new_password": "battery staple"}"#
                    )
                }
            }
            while displaced.value + ended.value == 0 { await Task.yield() }
            hold.release()
            for holder in holders { try await holder.value }
            let status = try await answer.value.status
            #expect((200...201).contains(status))
            #expect(displaced.value == 1)
        }
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
        let ended = Counter()
        let logins = (0..<PasswordHasher.line).map { _ in
            Task {
                defer { ended.add() }
                return await refusal {
                    try await auth.logins.logIn(email: "ann@x.org", password: "wrong", from: LoginAddress("10.6.6.6"))
                }
            }
        }
        // Eleven are let in at all, and none of the others comes later, when one of them is no longer counted.
        while await auth.hasher.waitingCount < 11 { await Task.yield() }
        while ended.value < PasswordHasher.line - 11 { await Task.yield() }
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

/// Counts, from any task.
final class Counter: Sendable {
    private let state = Mutex(0)

    var value: Int { state.withLock(\.self) }

    func add() { state.withLock { $0 += 1 } }
}
