import Foundation
import Perch
import PerchTesting
import PopugEvents
import Postgres
import Synchronization
import Testing

@testable import Accounting

/// How the events of a test reach accounting: every test of days and money runs with all of these.
enum Delivering: CaseIterable {
    case once
    /// Each event comes again right away, as a second entry of the stream.
    case twice
    /// At the end all streams are delivered again, from the beginning.
    case replayed
}

/// An office whose employees earn and lose at given times, and whose days are closed.
///
/// Each ticket costs 15.00 and pays 40.00. Times are UTC.
final class OfficeFixture {
    static let (commission, reward): (Int64, Int64) = (1500, 4000)
    /// What a ticket leaves that is created and closed by the same employee.
    static let gain = reward - commission

    let accounting: AccountingFixture
    let clock: TestClock
    let timeZone: TimeZone
    let mails: URL
    private let delivering: Delivering
    private var streams: TestStreams
    private var earned: Int64 = 0

    /// - Parameter mail: Where mails go; nil: into the folder `mails`.
    init(_ delivering: Delivering, timeZone: String = "GMT", mail: MailOutlet? = nil) throws {
        self.delivering = delivering
        let zone = try #require(TimeZone(identifier: timeZone))
        self.timeZone = zone
        mails = FileManager.default.temporaryDirectory.appendingPathComponent("mails-\(UUID().uuidString)")
        let price = Price(commission: Money(cents: Self.commission), reward: Money(cents: Self.reward))
        accounting = try AccountingFixture(
            pricing: Pricing { _ in price },
            timeZone: zone,
            mail: mail ?? .folder(MailFolder(path: mails.path))
        )
        streams = TestStreams(contract: accounting.contract)
        clock = TestClock("2026-11-22T12:00:00.000Z")
    }

    deinit { try? FileManager.default.removeItem(at: mails) }

    // MARK: What happens

    func hire(_ name: String = "Ann", email: String? = "ann@example.com", id: UUID = .v7()) throws -> UUID {
        try deliver(
            UserCreated(userID: id, role: .employee, name: email == nil ? nil : name, email: email),
            at: clock.now
        )
        return id
    }

    @discardableResult
    func takeTicket(_ user: UUID, at time: Timestamp, title: String? = "Mend the coop") throws -> UUID {
        let ticket = UUID.v7()
        try deliver(TicketCreated(ticketID: ticket, assigneeID: user, title: title), at: time)
        earned -= Self.commission
        return ticket
    }

    func close(_ ticket: UUID, at time: Timestamp) throws {
        try deliver(TicketClosed(ticketID: ticket), at: time)
        earned += Self.reward
    }

    /// Takes a ticket and closes it.
    func earn(_ user: UUID, at time: Timestamp) throws {
        try close(takeTicket(user, at: time), at: time)
    }

    func deliver(_ event: some Event, at time: Timestamp) throws {
        let delivery = try streams.append(event, time: time)
        try accounting.harness.deliver([delivery])
        if delivering == .twice { try accounting.harness.deliver([streams.appendAgain(delivery)]) }
    }

    /// An event that is not delivered by the fixture, for a test that does it itself.
    func undelivered(_ event: some Event, at time: Timestamp) throws -> Delivery {
        try streams.append(event, time: time)
    }

    /// Counts what such events have brought.
    func note(earned cents: Int64) { earned += cents }

    // MARK: Pay day

    var payDay: PayDay {
        let clock = clock
        return PayDay(timeZone: timeZone) { clock.now }
    }

    @discardableResult
    func closeDay(_ day: CalendarDate) async throws -> [ClosedDay] {
        let database = try accounting.database
        let closed = try await payDay.close(day, in: database)
        await database.close()
        return closed
    }

    /// `2026-11-22 +25.00`: the ledger of an account, in order, with its business days.
    func ledger(_ user: UUID) throws -> [String] {
        try accounting.texts(
            """
            SELECT concat_ws(' ', business_day, kind, amount, balance_after) FROM reporting.ledger
            WHERE user_id = \(user) ORDER BY entry_id
            """
        )
    }

    /// Delivers the wages, as `delivering` says, and for `.replayed` everything once more; then all rules must hold: the ledger
    /// is whole, nobody was forgotten or paid twice, and what was paid and what is left are what was earned.
    func finish(sourceLocation: SourceLocation = #_sourceLocation) throws {
        for (id, time, wage) in try publishedWages() {
            let delivery = try streams.append(wage, id: id, time: time)
            if delivering == .twice { streams.appendAgain(delivery) }
        }
        for (partition, deliveries) in streams.deliveries where partition.topic == "wages" {
            try accounting.harness.deliver(deliveries)
        }
        if delivering == .replayed {
            let (before, files) = (try accounting.dump(), try mailFiles())
            let all = streams.deliveries.sorted { $0.key < $1.key }.map(\.value)
            for topic in ["users", "tickets", "wages"] as [TopicName] {
                for deliveries in all where deliveries.first?.topic == topic {
                    for delivery in deliveries { try accounting.harness.deliver([delivery]) }
                }
            }
            #expect(try accounting.dump() == before, sourceLocation: sourceLocation)
            #expect(try mailFiles() == files, sourceLocation: sourceLocation)
        }
        #expect(try accounting.brokenRules() == [], sourceLocation: sourceLocation)
        let paid = try accounting.numbers("SELECT coalesce(sum(total), 0)::bigint FROM accounting.paid_days")[0]
        let left = try accounting.numbers("SELECT coalesce(sum(balance), 0)::bigint FROM reporting.balances")[0]
        #expect(paid + left == earned, sourceLocation: sourceLocation)
    }

    private func publishedWages() throws -> [(UUID, Timestamp, UserWagePaid)] {
        try accounting.connection.query(
            """
            SELECT event_id, time, data::text AS data FROM perch.outbox WHERE type = 'user_wage_paid' ORDER BY sequence
            """
        ) { row in
            let data = Array(try row.decode("data", as: String.self).utf8)
            return (
                try row.decode("event_id"), try row.decode("time"),
                try EventCoding.decode(UserWagePaid.self, from: data)
            )
        }
    }

    // MARK: Mails

    /// The mails' texts by the names of their files; also files that should not be there.
    func mailFiles() throws -> [String: String] {
        guard FileManager.default.fileExists(atPath: mails.path) else { return [:] }
        let names = try FileManager.default.contentsOfDirectory(atPath: mails.path)
        return try Dictionary(
            uniqueKeysWithValues: names.map { name in
                (name, String(decoding: try Data(contentsOf: mails.appendingPathComponent(name)), as: UTF8.self))
            }
        )
    }
}

/// A clock that stands until it is set.
final class TestClock: Sendable {
    private let time: Mutex<Timestamp>

    init(_ time: Timestamp) { self.time = Mutex(time) }

    var now: Timestamp {
        get { time.withLock { $0 } }
        set { time.withLock { $0 = newValue } }
    }
}

extension Timestamp: ExpressibleByStringLiteral {
    init(stringLiteral text: String) {
        guard let time = Timestamp(text) else { preconditionFailure("\(text) is no time") }
        self = time
    }
}

extension CalendarDate: ExpressibleByStringLiteral {
    init(stringLiteral text: String) {
        guard let date = CalendarDate(text) else { preconditionFailure("\(text) is no day") }
        self = date
    }
}
