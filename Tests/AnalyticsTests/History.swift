import Foundation
import Perch
import PerchTesting
import PopugEvents
import Postgres

/// A random life of some users and tickets, versions 1 and 2 mixed, with events that contradict others, at times around the
/// midnights of Berlin's days of 23, 24 and 25 hours.
struct History {
    enum Kind: CaseIterable { case users, tickets, prices, wages }

    /// In the order of things, by topic.
    private(set) var users: [Delivery] = []
    private(set) var tickets: [Delivery] = []
    private(set) var prices: [Delivery] = []
    private(set) var wages: [Delivery] = []
    /// All of it, by partition.
    private(set) var streams: TestStreams
    /// The same with every event delivered at least twice: as a second entry right away or some time later.
    private(set) var withRepeats: TestStreams

    /// - Parameter hasPrices: Whether accounting's events are in it.
    init(contract: Contract, hasPrices: Bool = true, using generator: inout SplitMix64) throws {
        streams = TestStreams(contract: contract)
        withRepeats = TestStreams(contract: contract)
        let people = (0..<Int.random(in: 1...8, using: &generator)).map { _ in UUID.random(using: &generator) }
        for (index, person) in people.enumerated() {
            let named = Bool.random(using: &generator)
            let event = UserCreated(
                userID: person,
                role: Role.allCases.randomElement(using: &generator) ?? .employee,
                name: named ? "User \(index)" : nil,
                email: named ? "u\(index)@x.org" : nil
            )
            users.append(try append(event, &generator))
        }
        var known: [UUID] = []
        for step in 0..<Int.random(in: 20...250, using: &generator) {
            let person = people[Int.random(in: people.indices, using: &generator)]
            switch Int.random(in: 0..<12, using: &generator) {
            case 0..<4:
                // Now and then a second create of the same ticket.
                let again = Int.random(in: 0..<10, using: &generator) == 0
                let ticket = (again ? known.randomElement(using: &generator) : nil) ?? .random(using: &generator)
                let title = Bool.random(using: &generator) ? "Ticket \(step)" : nil
                tickets.append(
                    try append(TicketCreated(ticketID: ticket, assigneeID: person, title: title), &generator)
                )
                if hasPrices, !known.contains(ticket) || again { try price(ticket, &generator) }
                known.append(ticket)
            case 4..<8:
                guard let ticket = known.randomElement(using: &generator) else { continue }
                tickets.append(try append(TicketReassigned(ticketID: ticket, assigneeID: person), &generator))
            case 8..<11:
                // Also those that were closed before.
                guard let ticket = known.randomElement(using: &generator) else { continue }
                tickets.append(try append(TicketClosed(ticketID: ticket), &generator))
            default:
                let amount = Money(cents: .random(in: 1...9000, using: &generator))
                wages.append(try append(UserWagePaid(userID: person, amount: amount), &generator))
            }
        }
        repeatAll(&generator)
    }

    private mutating func price(_ ticket: UUID, _ generator: inout SplitMix64) throws {
        let event = TicketMoneyUpdated(
            ticketID: ticket,
            commission: Money(cents: .random(in: 1000...2000, using: &generator)),
            reward: Money(cents: .random(in: 2000...4000, using: &generator))
        )
        prices.append(try append(event, &generator))
    }

    private mutating func append(_ event: some Event, _ generator: inout SplitMix64) throws -> Delivery {
        try streams.append(event, id: .random(using: &generator), time: .aroundMidnight(using: &generator))
    }

    private mutating func repeatAll(_ generator: inout SplitMix64) {
        for deliveries in streams.deliveries.sorted(by: { $0.key < $1.key }).map(\.value) {
            var later: [Delivery] = []
            for delivery in deliveries {
                withRepeats.appendAgain(delivery)
                if Bool.random(using: &generator) { withRepeats.appendAgain(delivery) } else { later.append(delivery) }
                if !later.isEmpty, Bool.random(using: &generator) {
                    withRepeats.appendAgain(later.remove(at: Int.random(in: later.indices, using: &generator)))
                }
            }
            for delivery in later { withRepeats.appendAgain(delivery) }
        }
    }
}

extension Timestamp {
    /// Midnights of Berlin before and after its clocks change, and of UTC on the same days.
    private static let midnights = [
        "2026-03-27T23:00", "2026-03-28T23:00", "2026-03-29T22:00", "2026-03-30T22:00", "2026-10-23T22:00",
        "2026-10-24T22:00", "2026-10-25T23:00", "2026-10-26T23:00", "2026-03-29T00:00", "2026-10-25T00:00",
    ].compactMap { Timestamp("\($0):00.000Z") }

    static func aroundMidnight(using generator: inout SplitMix64) -> Timestamp {
        let midnight = midnights[Int.random(in: midnights.indices, using: &generator)]
        let near = Bool.random(using: &generator) ? 1 : 90_000_000
        return midnight + .milliseconds(Int.random(in: -near...near, using: &generator))
    }
}

extension UUID {
    static func random(using generator: inout SplitMix64) -> UUID {
        let bytes = [generator.next(), generator.next()]
        return bytes.withUnsafeBytes { UUID(uuid: $0.loadUnaligned(as: uuid_t.self)) }
    }
}

/// `TEST_SEED`, or one drawn for this run; printed, so that it can be repeated.
func drawSeed(_ run: UInt64) -> UInt64 {
    let given = ProcessInfo.processInfo.environment["TEST_SEED"].flatMap { UInt64($0) }
    let seed = given ?? UInt64.random(in: 0...9999) * 8 + run
    print("seed \(seed) (TEST_SEED=\(seed) repeats it)")
    return seed
}
