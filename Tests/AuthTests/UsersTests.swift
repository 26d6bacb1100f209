import Foundation
import LocalServers
import Perch
import PopugEvents
import Postgres
import ServiceKit
import Testing

@testable import Auth

@Suite struct UsersTests {
    private func withAuth(_ body: (Database, Contract) async throws -> Void) async throws {
        let contract = try Contract.load()
        let configuration = try PostgresConfiguration(url: try LocalPostgres.shared().createDatabase())
        try DatabasePreparation.run(
            connection: try PostgresConnection(configuration),
            service: Auth.service,
            contract: contract
        )
        let database = Database(configuration, size: 2, acquireTimeout: .seconds(3600))
        try await body(database, contract)
        await database.close()
    }

    private let users = Users(hasher: PasswordHasher(cost: 10))

    @Test func aUserIsAddedWithAHashAndPublished() async throws {
        try await withAuth { database, contract in
            let user = try await users.add(
                name: " Ann ",
                email: "Ann@x.org",
                role: .manager,
                password: "correct horse",
                to: database
            )
            #expect(user.name == "Ann" && user.role == .manager)
            let hashes = try await database.query("SELECT password_hash FROM auth.users WHERE user_id = \(user.userID)")
            {
                try $0.decode(0, as: String.self)
            }
            let hash = try #require(hashes.first.flatMap { PasswordHash($0) })
            #expect(try hash.verify("correct horse"))
            let published = try await database.query("SELECT type || '/' || version, key, data::text FROM perch.outbox")
            { row in
                [try row.decode(0, as: String.self), try row.decode(1), try row.decode(2)]
            }
            #expect(
                published == [
                    [
                        "user_created/2", user.userID.text,
                        #"{"user_id":"\#(user.userID.text)","role":"manager","name":"Ann","email":"Ann@x.org"}"#,
                    ]
                ]
            )
            #expect(contract.validate(Array(published[0][2].utf8), type: "user_created", version: 2).isEmpty)
        }
    }

    @Test func anEmailThatDiffersInCaseOnlyIsTakenAndNothingIsPublished() async throws {
        try await withAuth { database, _ in
            _ = try await users.add(
                name: "Ann",
                email: "ann@x.org",
                role: .employee,
                password: "battery staple",
                to: database
            )
            await #expect {
                try await users.add(
                    name: "Bob",
                    email: "ANN@X.ORG",
                    role: .employee,
                    password: "battery staple",
                    to: database
                )
            } throws: { ($0 as? UserError)?.code == .emailTaken }
            let counts = try await database.query(
                "SELECT (SELECT count(*) FROM auth.users), (SELECT count(*) FROM perch.outbox)"
            ) {
                [try $0.decode(0, as: Int.self), try $0.decode(1)]
            }
            #expect(counts == [[1, 1]])
        }
    }

    @Test func aTransactionGoesOnAfterATakenEmail() async throws {
        try await withAuth { database, _ in
            let users = users
            let names = try await database.transaction { tx in
                _ = try users.add(name: "Ann", email: "ann@x.org", role: .admin, password: "battery staple", in: tx)
                #expect(throws: UserError.self) {
                    try users.add(name: "Bob", email: "ann@x.org", role: .admin, password: "battery staple", in: tx)
                }
                _ = try users.add(name: "Cid", email: "cid@x.org", role: .admin, password: "battery staple", in: tx)
                return try tx.query("SELECT name FROM auth.users ORDER BY name") { try $0.decode(0, as: String.self) }
            }
            #expect(names == ["Ann", "Cid"])
        }
    }

    @Test(arguments: [
        ("", "a@x.org", "battery staple", "name"),
        (String(repeating: "x", count: 201), "a@x.org", "battery staple", "name"),
        ("Ann", "nobody", "battery staple", "email"), ("Ann", "a@b@c", "battery staple", "email"),
        // The second @ has an accent: one character for Swift, and two for the contract.
        ("Ann", "a@b@\u{301}c", "battery staple", "email"),
        ("Ann", "a b@c", "battery staple", "email"),
        ("Ann", String(repeating: "x", count: 250) + "@x.org", "battery staple", "email"),
        ("Ann", "a@x.org", "1234567", "password"),
        ("Ann", "a@x.org", String(repeating: "x", count: 257), "password"),
    ]) func valuesThatDoNotFitAreRefusedByName(_ values: (name: String, email: String, password: String, field: String))
    {
        #expect {
            try NewUser(name: values.name, email: values.email, role: .employee, password: values.password)
        } throws: { error in
            (error as? UserError).map { $0.code == .invalid && $0.field == values.field } ?? false
        }
    }
}
