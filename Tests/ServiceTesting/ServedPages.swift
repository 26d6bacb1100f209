package import Foundation
import HTTPKit
import Logging
import OpenSSL
import PageKit
import Perch
package import PopugEvents
package import Postgres
package import ServiceKit

/// The pages of a service as a test serves them: on a free port, while they believe to be reached at the service's usual one.
package struct ServedPages: Sendable {
    /// The port on which they are served.
    package let port: Int
    private let settings: PagesSettings
    private let database: Database

    init(port: Int, settings: PagesSettings, database: Database) {
        (self.port, self.settings, self.database) = (port, settings, database)
    }

    /// What a service needs to have pages, the same for each process of it.
    package static func settings(of program: PopugPlaces.Program) throws -> PagesSettings {
        guard let issuer = Issuer("http://\(host(of: .auth))") else { throw NoIssuer() }
        return try PagesSettings(
            program: program,
            issuer: issuer,
            publicURL: "http://\(host(of: program))",
            clientSecret: "a-secret-that-is-known-to-every-test",
            places: PopugPlaces(
                [PopugPlaces.Program: String](
                    uniqueKeysWithValues: PopugPlaces.Program.allCases.map { ($0, "http://\(host(of: $0))") }
                )
            )
        )
    }

    /// A browser in which nobody is logged in.
    package var stranger: PageVisitor { visitor(nil, cookie: nil) }

    /// A browser in which somebody has just logged in.
    ///
    /// - Parameters:
    ///   - id: Default: a new one.
    ///   - name: As auth knows it.
    ///   - now: By the service's clock.
    package func visitor(
        _ role: Role,
        id: UUID = .v7(),
        name: String = "Ann",
        now: Timestamp = .now
    ) async throws -> PageVisitor {
        var generator = SystemRandomNumberGenerator()
        let secret = (0..<32).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
        let person = PagePerson(subject: id.text, name: name, roles: [role.rawValue])
        let session = PageSession(
            id: Base64URL.encode(SHA256.hash(secret)),
            person: person,
            idToken: nil,
            started: now,
            lastSeen: now,
            verified: now,
            renewalFailed: nil
        )
        try await WebSessions(database: database, schema: settings.program.rawValue).add(session)
        let cookie = CookieName(settings.program.rawValue, port: Self.port(of: settings.program))
        let value = try CookieSeal(settings.keys).seal(secret, as: cookie, until: now + PageSession.longestLife)
        return visitor(AuthenticatedUser(id: id, role: role, name: name), cookie: "\(cookie)=\(value)")
    }

    private func visitor(_ user: AuthenticatedUser?, cookie: String?) -> PageVisitor {
        PageVisitor(user: user, port: port, host: Self.host(of: settings.program), cookie: cookie)
    }

    private static func host(of program: PopugPlaces.Program) -> String { "127.0.0.1:\(port(of: program))" }

    private static func port(of program: PopugPlaces.Program) -> Int {
        switch program {
        case .console: 8080
        case .auth: 8081
        case .tracker: 8082
        case .accounting: 8083
        case .analytics: 8084
        }
    }
}

/// Serves the pages of a service beside its API, and keeps open pages fresh, while the body runs.
///
/// - Parameters:
///   - program: Its name is that of its schema.
///   - database: As the service's role; it has the tables of page sessions.
///   - site: Makes the pages.
package func withPages<R: Sendable>(
    of program: PopugPlaces.Program,
    beside api: API,
    database: Database,
    _ site: (PagesSettings) throws -> ServiceSite,
    _ body: (ServedPages) async throws -> R
) async throws -> R {
    let settings = try ServedPages.settings(of: program)
    let site = try site(settings)
    return try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask { try await site.run() }
        defer { group.cancelAll() }
        return try await whileServing(api.adding(site), verifier: TestVerifier()) { port in
            try await body(ServedPages(port: port, settings: settings, database: database))
        }
    }
}

/// The address of the tests' auth is none.
private struct NoIssuer: Error {}
