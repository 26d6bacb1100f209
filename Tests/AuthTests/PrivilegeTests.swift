import Foundation
import LocalServers
import Perch
import PopugEvents
import Postgres
import ServiceKit
import ServiceTesting
import Testing

@testable import Auth

/// The service's own role can do its work, and nothing beyond.
@Suite struct PrivilegeTests {
    private func withRole(_ body: (AuthFixture, Database) async throws -> Void) async throws {
        let auth = try AuthFixture()
        let role = "app \(UInt64.random(in: .min ... .max))"
        let server = try LocalPostgres.shared()
        try server.psql("CREATE ROLE \"\(role)\" LOGIN")
        try DatabasePreparation.run(
            connection: PostgresConnection(PostgresConfiguration(url: auth.url)),
            service: Auth.service,
            contract: auth.contract,
            appRole: role
        )
        let name = try #require(auth.url.split(separator: "/").last)
        let database = Database(
            try PostgresConfiguration(url: server.url(database: String(name), user: role)),
            size: 2
        )
        try await body(auth, database)
        await database.close()
    }

    @Test func theServiceWorksWithItsOwnRole() async throws {
        try await withRole { auth, database in
            let keys = SigningKeys(database: database, logger: .silent, now: auth.now)
            let sessions = Sessions(
                database: database,
                keys: keys,
                issuer: auth.issuer,
                logger: .silent,
                now: auth.now
            )
            let attempts = LoginAttempts(now: auth.now)
            let here = LoginAddress("10.0.0.1")
            func logins(cost: Int) -> Logins {
                Logins(
                    database: database,
                    hasher: PasswordHasher(cost: cost),
                    sessions: sessions,
                    attempts: attempts,
                    census: PasswordCensus(now: auth.now),
                    logger: .silent
                )
            }
            let user = try await Users(hasher: PasswordHasher(cost: 4)).add(
                name: "Ann",
                email: "ann@x.org",
                role: .admin,
                password: AuthFixture.password,
                to: database
            )
            #expect(
                await refusal { try await logins(cost: 4).logIn(email: user.email, password: "x", from: here) } != nil
            )
            // Stores a new hash.
            let tokens = try await logins(cost: 5).logIn(email: user.email, password: AuthFixture.password, from: here)
            let next = try await sessions.refresh(tokens.refreshToken)
            #expect(await refusal { try await sessions.refresh(tokens.refreshToken) } as? RefreshRefusal == .reused)
            try await sessions.revoke(next.refreshToken)
            let users = Users(hasher: PasswordHasher(cost: 4), now: auth.now)
            _ = try await users.disable(user.userID, in: database)
            _ = try await users.enable(user.userID, in: database)
            _ = try await users.setPassword("battery staple", of: user.userID, in: database)
            let changed = try await logins(cost: 4)
                .changePassword(of: user.userID, from: "battery staple", to: AuthFixture.password, at: here)
            #expect(try await users.endSessions(of: user.userID, in: database) == 1)
            #expect(await refusal { try await sessions.refresh(changed.refreshToken) } as? RefreshRefusal == .revoked)
            // Makes a key, forgets keys, sessions and failures.
            auth.clock.advance(by: .seconds(60 * 86_400))
            _ = try await keys.signer()
            auth.clock.advance(by: .seconds(86_400))
            _ = try await logins(cost: 5).logIn(email: user.email, password: AuthFixture.password, from: here)
            let count = try await database.query("SELECT count(*) FROM auth.signing_keys") {
                try $0.decode(0, as: Int.self)
            }
            #expect(count == [1])
        }
    }

    @Test func itEndsLoginsAndTellsProgramsWithItsOwnRole() async throws {
        try await withRole { auth, database in
            let user = try await auth.addUser("ann")
            let keeper = Auth.server(
                database: database,
                hasher: auth.hasher,
                issuer: auth.issuer,
                clients: .none,
                pace: .patient,
                logger: .silent,
                now: auth.now,
                instant: { .now }
            ).keeper
            var logins: [UUID] = []
            for _ in 0..<3 {
                let begun = try await keeper.sso.begin(
                    for: user,
                    ifPasswordIs: 0,
                    userAgent: "",
                    insteadOf: logins.last,
                    alongside: { _ in }
                )
                logins.append(begun.session.id)
                try await database.execute(
                    "INSERT INTO auth.sso_clients (session_id, client_id) VALUES (\(begun.session.id), 'tracker')"
                )
            }
            for _ in 0..<2 { try await keeper.logouts.settle(try #require(try await keeper.logouts.claim()), .told) }
            auth.clock.advance(by: SSOSession.longestPause)
            #expect(try await keeper.sso.endOverdue(most: 10) == 1)
            let due = try #require(try await keeper.logouts.claim())
            #expect(due.session == logins.last)
            try await keeper.logouts.settle(due, .refused)
            auth.clock.advance(by: SSOSession.lifetime + SSOSessions.memory)
            try await keeper.logouts.settle(try #require(try await keeper.logouts.claim()), .unreachable)
            _ = try await keeper.sso.begin(
                for: user,
                ifPasswordIs: 0,
                userAgent: "",
                insteadOf: nil,
                alongside: { _ in }
            )
            #expect(try await auth.count("SELECT count(*) FROM auth.sso_sessions") == 1)
        }
    }

    @Test func theRoleCanChangeNeitherUsersNorHistoryNorTheSchema() async throws {
        try await withRole { _, database in
            for statement: SQL in [
                "DELETE FROM auth.users", "UPDATE auth.users SET role = 'admin'", "UPDATE auth.users SET email = 'x@y'",
                "UPDATE auth.login_key SET key = key", "DELETE FROM auth.login_key",
                "UPDATE auth.known_addresses SET address = address",
                "UPDATE auth.signing_keys SET signs_from = now()", "UPDATE auth.sessions SET expires_at = now()",
                "UPDATE auth.sessions SET user_id = gen_random_uuid()", "DELETE FROM auth.refresh_tokens",
                "UPDATE auth.refresh_tokens SET token_hash = token_hash", "TRUNCATE auth.sessions CASCADE",
                "DROP TABLE auth.sessions", "CREATE TABLE auth.x (y int)", "CREATE SCHEMA x",
            ] {
                let error = await refusal { try await database.execute(statement) }
                #expect((error as? PostgresError)?.sqlState == .insufficientPrivilege, "\(statement)")
            }
        }
    }
}
