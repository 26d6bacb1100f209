import Foundation
import HTTPKit
import LocalServers
import Logging
import Perch
import PopugEvents
import Postgres
import ServiceKit
import ServiceTesting

@testable import Auth

/// Auth on a database of its own, with a clock that stands and passwords that are cheap.
struct AuthFixture: Sendable {
    static let password = "correct horse"

    let url: String
    let contract: Contract
    let database: Database
    let clock = TestClock()
    let hasher: PasswordHasher
    let issuer = Issuer.local

    init(cost: Int = 4) throws {
        contract = try Contract.load()
        url = try LocalPostgres.shared().createDatabase()
        let configuration = try PostgresConfiguration(url: url)
        try DatabasePreparation.run(
            connection: try PostgresConnection(configuration),
            service: Auth.service,
            contract: contract
        )
        database = Database(configuration, size: 4, acquireTimeout: .seconds(3600))
        hasher = PasswordHasher(cost: cost)
    }

    var now: @Sendable () -> Timestamp {
        let clock = clock
        return { clock.now }
    }

    var keys: SigningKeys { SigningKeys(database: database, logger: .silent, now: now) }
    var sessions: Sessions {
        Sessions(database: database, keys: keys, issuer: issuer, logger: .silent, now: now)
    }
    var logins: Logins { logins(hasher) }

    func logins(_ hasher: PasswordHasher) -> Logins {
        Logins(
            database: database,
            hasher: hasher,
            sessions: sessions,
            attempts: LoginAttempts(now: now),
            census: PasswordCensus(now: now),
            logger: .silent
        )
    }

    var api: API { api(logger: .silent) }

    func api(logger: Logger) -> API {
        Auth.api(database: database, hasher: hasher, issuer: issuer, logger: logger, now: now)
    }

    /// What verifies as auth itself does.
    var verifier: TokenVerifier {
        Auth.verifier(database: database, issuer: issuer, patience: .seconds(3600), logger: .silent, now: now)
    }

    var users: Users { Users(hasher: hasher, now: now) }

    @discardableResult
    func addUser(_ name: String = "ann", role: Role = .employee) async throws -> User {
        try await Users(hasher: hasher).add(
            name: name,
            email: "\(name)@x.org",
            role: role,
            password: Self.password,
            to: database
        )
    }

    func count(_ sql: SQL) async throws -> Int {
        try await database.query(sql) { try $0.decode(0, as: Int.self) }.first ?? -1
    }
}

extension Logger {
    static var silent: Logger { Logger(label: "test") { _ in SwiftLogNoOpLogHandler() } }
}

/// The error of a call; nil where it succeeds.
func refusal<R>(_ body: () async throws -> R) async -> (any Error)? {
    do {
        _ = try await body()
        return nil
    } catch {
        return error
    }
}
