import Dispatch
import Foundation
import HTTPTesting
import Logging
import Perch
import PerchTesting
import PopugEvents
import Postgres
import ServiceKit
import ServiceTesting

@testable import Tracker

/// Tracker's pages on a database of their own, and the people who come to them.
struct TrackerOffice: @unchecked Sendable {
    // Only one thing is done at a time by the connection of the fixture.
    let fixture: TrackerFixture
    let pages: ServedPages
    let database: Database

    /// Serves the pages while the body runs.
    static func serve<R: Sendable>(_ body: (TrackerOffice) async throws -> R) async throws -> R {
        let fixture = try TrackerFixture()
        return try await serve(fixture, body)
    }

    /// Serves them by one more process of the same service.
    func serveAgain<R: Sendable>(_ body: (TrackerOffice) async throws -> R) async throws -> R {
        try await Self.serve(fixture, body)
    }

    private static func serve<R: Sendable>(
        _ fixture: TrackerFixture,
        _ body: (TrackerOffice) async throws -> R
    ) async throws -> R {
        let database = Database(
            try PostgresConfiguration(url: fixture.url),
            contract: fixture.contract,
            size: 8,
            acquireTimeout: .seconds(3600)
        )
        return try await withPages(of: .tracker, beside: Tracker.api(database: database), database: database) {
            site($0, database)
        } _: { pages in
            try await body(TrackerOffice(fixture: fixture, pages: pages, database: database))
        }
    }

    static func site(_ settings: PagesSettings, _ database: Database) -> ServiceSite {
        Tracker.site(settings, database: database, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    }

    // MARK: People

    /// Somebody of whom tracker has heard, logged in.
    func person(_ name: String, _ role: Role = .employee) async throws -> PageVisitor {
        let visitor = try await pages.visitor(role, name: name)
        try hear(of: visitor, name, role)
        return visitor
    }

    private func hear(of visitor: PageVisitor, _ name: String, _ role: Role) throws {
        guard let id = visitor.user?.id else { return }
        var streams = TestStreams(contract: fixture.contract)
        let event = UserCreated(userID: id, role: role, name: name, email: "\(id.text)@x.org")
        try streams.append(event)
        try fixture.harness.deliver(Array(streams.deliveries.values.joined()))
    }

    // MARK: Tickets

    /// A ticket, of somebody's where they are named.
    func ticket(_ title: String = "Mend the coop", of visitor: PageVisitor? = nil) throws -> Ticket {
        let ticket = try fixture.create(title)
        guard let id = visitor?.user?.id else { return ticket }
        try give(ticket, to: id)
        return ticket
    }

    func give(_ ticket: Ticket, to user: UUID) throws {
        try fixture.connection.execute(
            "UPDATE tracker.tickets SET assignee_id = \(user) WHERE ticket_id = \(ticket.ticketID)"
        )
    }

    /// How many events of a type were published.
    func events(_ type: String) throws -> Int {
        try fixture.published().filter { $0.hasPrefix(type + "/") }.count
    }

    /// Holds up every transaction that publishes, while the body runs or until it releases them.
    func holdingUpPublishing<R: Sendable>(_ body: (_ release: () throws -> Void) async throws -> R) async throws -> R {
        let database = Database(try PostgresConfiguration(url: fixture.url), size: 1, acquireTimeout: .seconds(3600))
        let (held, isHeld) = AsyncStream<Void>.makeStream()
        let released = DispatchSemaphore(value: 0)
        async let holding: Void = database.transaction { tx in
            try tx.execute("LOCK TABLE perch.outbox IN SHARE MODE")
            // A statement may be sent later: an answer says that it has been.
            _ = try tx.query("SELECT 1") { try $0.decode(0, as: Int32.self) }
            isHeld.finish()
            // On the connection's own thread.
            released.wait()
        }
        for await _ in held {}
        defer { released.signal() }
        let result = try await body { _ = released.signal() }
        released.signal()
        try await holding
        return result
    }
}

extension RawAnswer {
    /// The form that is sent there.
    func form(to action: String) -> ShownForm? { forms.first { $0.action == action } }

    /// The stream that keeps the page fresh.
    var stream: String? {
        body.components(separatedBy: "data-stream=\"").dropFirst().first.map {
            String($0.prefix { $0 != "\"" }).replacing("&amp;", with: "&")
        }
    }
}
