import Foundation
import HTTPKit
import LocalServers
import Logging
import Perch
import PerchMetrics
import PerchTesting
import PopugEvents
import Postgres
import ServiceKit
import ServiceTesting
import Testing

@testable import Accounting
@testable import Analytics
@testable import Auth
@testable import Tracker

enum ServiceName: String, CaseIterable, Sendable {
    case auth, tracker, accounting, analytics
}

/// One of the services as it is served, on a database of its own, on a Sunday; with somebody of each role, and a ticket
/// that was created and closed.
struct Scene: Sendable {
    static let password = "correct horse"

    let api: API
    let database: Database
    private let ids: [Who: UUID]
    private let clock: TestClock

    init(_ service: ServiceName) async throws {
        let contract = try Contract.load()
        let description =
            switch service {
            case .auth: Auth.service
            case .tracker: Tracker.service
            case .accounting: Accounting.service
            case .analytics: Analytics.service()
            }
        let configuration = try PostgresConfiguration(url: try LocalPostgres.shared().createDatabase())
        let connection = try PostgresConnection(configuration)
        try DatabasePreparation.run(connection: connection, service: description, contract: contract)
        let database = Database(configuration, size: 2, acquireTimeout: .seconds(3600))
        let clock = TestClock()
        let ids =
            service == .auth
            ? try await Self.addUsers(to: database)
            : Dictionary(uniqueKeysWithValues: Who.allCases.map { ($0, UUID.v7()) })
        if let group = description.consumerGroup {
            let events = try Self.events(about: ids, at: clock.now, for: group, contract)
            try HandlerHarness(group: group, connection: connection).deliver(events)
        }
        api = Self.api(of: service, database, clock)
        self.database = database
        self.ids = ids
        self.clock = clock
    }

    private static func api(of service: ServiceName, _ database: Database, _ clock: TestClock) -> API {
        let api =
            switch service {
            case .auth:
                Auth.api(database: database, hasher: PasswordHasher(cost: 4), issuer: .local, logger: .silent)
            case .tracker: Tracker.api(database: database)
            case .accounting: Accounting.api(database: database, now: { clock.now })
            case .analytics:
                Analytics.api(database: database, reports: Reports(timeZone: .gmt, now: { clock.now }))
            }
        let page = MetricsPage(registry: PrometheusRegistry.ofService(), service: service.rawValue, version: "1")
        return api.adding(API.operations(health: Health(checks: []), metrics: page))
    }

    private static func addUsers(to database: Database) async throws -> [Who: UUID] {
        let users = Users(hasher: PasswordHasher(cost: 4))
        var ids: [Who: UUID] = [:]
        for who in Who.allCases {
            guard let role = who.role else { continue }
            let user = try await users.add(
                name: "\(who)",
                email: "\(who)@x.org",
                role: role,
                password: password,
                to: database
            )
            ids[who] = user.userID
        }
        return ids
    }

    private static func events(
        about ids: [Who: UUID],
        at time: Timestamp,
        for group: ConsumerGroup,
        _ contract: Contract
    ) throws -> [Delivery] {
        var streams = TestStreams(contract: contract)
        let owner = try #require(ids[.owner])
        let ticket = UUID.v7()
        // Tracker hears of one employee only: whose each ticket will be.
        for (who, id) in ids where group.name != "tracker" || who == .owner {
            guard let role = who.role else { continue }
            try streams.append(UserCreated(userID: id, role: role), time: time)
        }
        let price = TicketMoneyUpdated(ticketID: ticket, commission: Money(cents: 1500), reward: Money(cents: 4000))
        try streams.append(TicketCreated(ticketID: ticket, assigneeID: owner, title: "Mend the coop"), time: time)
        try streams.append(price, time: time)
        try streams.append(TicketClosed(ticketID: ticket), time: time)
        let read = Set(group.subscriptions.map(\.topic))
        return streams.deliveries.values.joined().filter { read.contains($0.partition.topic) }
    }

    // MARK: Who and what

    func caller(_ who: Who) -> Caller {
        guard let role = who.role, let id = ids[who] else { return .stranger }
        return .user(id, role)
    }

    var owner: String { ids[.owner]?.text ?? "" }

    var credentials: String { #"{"email": "owner@x.org", "password": "\#(Self.password)"}"# }

    var newUser: String {
        #"{"name": "Ann", "email": "\#(UUID.v7().text)@x.org", "password": "battery staple", "role": "employee"}"#
    }

    /// Each caller's own, once.
    var passwordChange: String { #"{"old_password": "\#(Self.password)", "new_password": "battery staple"}"# }

    /// The id of a new user.
    func user(_ client: APIClient) async throws -> String {
        let answer = try await client.call(.post, "/v1/users", as: caller(.admin), body: newUser)
        return try #require(try answer.json["user_id"]?.string)
    }

    /// Of a new session.
    func refreshToken(_ client: APIClient) async throws -> String {
        let answer = try await client.call(.post, "/v1/sessions", body: credentials)
        return try #require(try answer.json["refresh_token"]?.string)
    }

    /// The id of a new ticket, which the owner has.
    func ticket(_ client: APIClient) async throws -> String {
        let answer = try await client.call(.post, "/v1/tickets", as: caller(.admin), body: #"{"title": "x"}"#)
        #expect(try answer.json["assignee_id"]?.string == owner)
        return try #require(try answer.json["ticket_id"]?.string)
    }
}

extension Who {
    var role: Role? {
        switch self {
        case .stranger: nil
        case .employee, .owner: .employee
        case .manager: .manager
        case .accountant: .accountant
        case .admin: .admin
        }
    }
}

extension Logger {
    static var silent: Logger { Logger(label: "test") { _ in SwiftLogNoOpLogHandler() } }
}
