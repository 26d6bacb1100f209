import Foundation
import LocalServers
import Perch
import PopugEvents
import Postgres
import ServiceTesting
import Testing

@testable import Auth

@Suite struct EmailTests {
    private let composed = "ren\u{E9}@x.org"
    private let decomposed = "rene\u{301}@x.org"

    private func add(_ auth: AuthFixture, _ email: String) async throws -> User {
        try await auth.users.add(
            name: "Ann",
            email: email,
            role: .employee,
            password: AuthFixture.password,
            to: auth.database
        )
    }

    @Test func allWaysToWriteAnEmailAreOneUser() async throws {
        let auth = try AuthFixture()
        let user = try await add(auth, decomposed)
        #expect(user.email.unicodeScalars.count == composed.unicodeScalars.count)
        for other in [composed, decomposed, composed.uppercased(), "ｒｅｎé@ｘ.org"] {
            let error = await refusal { try await add(auth, other) }
            #expect((error as? UserError)?.code == .emailTaken, "\(other)")
            #expect(try await auth.users.user(email: other, in: auth.database) == user)
            _ = try await auth.logins.logIn(
                email: other,
                password: AuthFixture.password,
                from: LoginAddress("10.0.0.1")
            )
        }
        #expect(try await auth.users.user(email: "rene@x.org", in: auth.database) == nil)
    }

    @Test func allWaysToWriteAnEmailShareOneCountOfFailures() async throws {
        let auth = try AuthFixture()
        func fail(_ email: String, _ number: Int) async -> LoginRefusal? {
            await refusal {
                try await auth.logins.logIn(email: email, password: "x", from: LoginAddress("10.0.0.\(number)"))
            } as? LoginRefusal
        }
        for number in 0..<11 {
            #expect(await fail([composed, decomposed, composed.uppercased()][number % 3], number) == .wrongCredentials)
        }
        #expect(await fail("ｒｅｎé@ｘ.org", 20) == .tooOften(retryAfter: 1))
    }

    @Test(arguments: [
        ("ann\u{200B}@x.org", "U+200B"), ("\u{202E}ann@x.org", "U+202E"), ("ann@x\u{FEFF}.org", "U+FEFF"),
        ("ann\u{200D}@x.org", "U+200D"), ("an\u{AD}n@x.org", "U+00AD"), ("ann\u{3164}@x.org", "U+3164"),
        ("an n@x.org", "U+0020"), ("ann@x.org\u{2028}b", "U+2028"), ("ann\u{7F}@x.org", "U+007F"),
    ]) func whatIsNotSeenIsInNoEmail(_ email: String, _ character: String) {
        #expect {
            try NewUser(name: "Ann", email: email, role: .employee, password: "battery staple")
        } throws: { error in
            (error as? UserError).map { $0.field == "email" && $0.message.hasSuffix("got \(character)") } ?? false
        }
    }

    @Test(arguments: [("A\u{202E}nn", "U+202E"), ("Ann\u{2028}Smith", "U+2028"), ("Ann\u{1B}[2J", "U+001B")])
    func whatDeceivesIsInNoName(_ name: String, _ character: String) {
        #expect {
            try NewUser(name: name, email: "ann@x.org", role: .employee, password: "battery staple")
        } throws: { error in
            (error as? UserError).map { $0.field == "name" && $0.message.hasSuffix("got \(character)") } ?? false
        }
    }

    /// Which of them keeps the email nobody but the operator can say: the migration stops, and says who they are.
    @Test func theMigrationStopsAtUsersWhoseEmailsAreTheSame() throws {
        let url = try LocalPostgres.shared().createDatabase()
        let connection = try PostgresConnection(try PostgresConfiguration(url: url))
        try Migrator.migrate(connection, component: "auth", Array(Auth.migrations.prefix(2)))
        let (first, second, other) = (UUID.v7(), UUID.v7(), UUID.v7())
        for (id, email) in [(first, composed), (second, decomposed), (other, "ann@x.org")] {
            try connection.execute(
                """
                INSERT INTO auth.users (user_id, name, email, role, password_hash, created_at)
                VALUES (\(id), 'x', \(email), 'employee', '$x', now())
                """
            )
        }
        #expect {
            try Migrator.migrate(connection, component: "auth", Auth.migrations)
        } throws: { error in
            guard let error = (error as? MigrationFailed)?.cause else { return false }
            let message = error.message
            return error.sqlState == .uniqueViolation && message.contains(first.text) && message.contains(second.text)
                && !message.contains(other.text) && error.hint?.contains("UPDATE auth.users SET email") == true
        }
        func version() throws -> [Int] {
            try connection.query("SELECT max(version) FROM perch.migrations WHERE component = 'auth'") {
                try $0.decode(0)
            }
        }
        #expect(try version() == [2])
        try connection.execute("UPDATE auth.users SET email = 'other@x.org' WHERE user_id = \(second)")
        try Migrator.migrate(connection, component: "auth", Auth.migrations)
        #expect(try version() == [Auth.migrations.count])
    }
}
