import Foundation
import Perch
import PopugEvents
import Testing

/// The Swift types against the contract of this repository, by samples in both directions.
@Suite struct SampleTests {
    let contract: Contract

    init() throws {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        contract = try Contract.load(directory: root.appendingPathComponent("streams").path)
    }

    static let userID = UUID(uuidString: "0199c1d2-7a3b-7c4d-8e5f-0a1b2c3d4e5f") ?? UUID()
    static let ticketID = UUID(uuidString: "0199c1d2-8b4c-7d5e-9f6a-1b2c3d4e5f60") ?? UUID()

    /// What each file of Samples/ says, in Swift.
    static let samples: [any Event & Hashable] = [
        UserCreated(userID: userID, role: .employee),
        UserCreated(userID: userID, role: .accountant, name: "Žofie Nováková", email: "zofie@popug.example"),
        TicketCreated(ticketID: ticketID, assigneeID: userID),
        TicketCreated(ticketID: ticketID, assigneeID: userID, title: "Feed the parrots \"twice\" / daily"),
        TicketReassigned(ticketID: ticketID, assigneeID: userID),
        TicketClosed(ticketID: ticketID),
        TicketMoneyUpdated(ticketID: ticketID, commission: Money(cents: 1234), reward: Money(cents: 4000)),
        UserWagePaid(userID: userID, amount: Money(cents: 123_456_789)),
    ]

    private static func name(_ event: any Event) -> String { "\(Swift.type(of: event).type).\(event.version)" }

    private func sample(_ name: String) throws -> [UInt8] {
        let file = try #require(Bundle.module.url(forResource: name, withExtension: "json", subdirectory: "Samples"))
        return Array(try Data(contentsOf: file))
    }

    private func object(_ json: [UInt8]) throws -> NSDictionary {
        try #require(JSONSerialization.jsonObject(with: Data(json)) as? NSDictionary)
    }

    @Test func everyVersionHasASample() {
        let declared = contract.topics.flatMap(\.events).flatMap { event in
            event.versions.map { "\(event.type).\($0.number)" }
        }
        #expect(Self.samples.map(Self.name).sorted() == declared.sorted())
    }

    @Test(arguments: samples.indices)
    func aSampleIsReadAsItsEventAndWrittenAsTheSame(_ index: Int) throws {
        func check<E: Event & Hashable>(_ event: E) throws {
            let json = try sample(Self.name(event))
            let read = try EventCoding.decode(E.self, from: json)
            #expect(read == event)
            #expect(read.version == event.version)
            let written = try EventCoding.encode(read)
            #expect(try object(written) == object(json))
            #expect(contract.validate(json, type: E.type, version: event.version) == [])
            #expect(contract.validate(written, type: E.type, version: event.version) == [])
        }
        try check(Self.samples[index])
    }

    @Test(arguments: samples.indices)
    func aSampleMayBePublishedAndOneOfAnotherVersionMayNot(_ index: Int) throws {
        let event = Self.samples[index]
        let type = Swift.type(of: event)
        let checks = TopicChecks(try #require(contract.topic(of: type.type)))
        let json = try EventCoding.encode(event)
        #expect(checks.violations(type: type.type, version: event.version, key: event.key, data: json) == [])
        let newer = checks.violations(type: type.type, version: 3, key: event.key, data: json)
        #expect(newer.map(\.got) == ["version 3"])
        let other = checks.violations(type: type.type, version: event.version, key: "x", data: json)
        #expect(other.map(\.expected) == ["the event's key"])
    }

    @Test(arguments: samples.indices)
    func typeAndContractHaveTheSameFieldsTopicAndKey(_ index: Int) throws {
        let event = Self.samples[index]
        let type = Swift.type(of: event)
        let version = try #require(contract.event(type.type)?.version(event.version))
        let written = try object(EventCoding.encode(event))
        #expect(written.allKeys.compactMap { $0 as? String }.sorted() == version.fields.map(\.name).sorted())

        let topic = try #require(contract.topic(of: type.type))
        #expect(topic.name == type.topic)
        #expect(written[topic.key] as? String == event.key)
    }

    /// A field that only the contract has is missing in the type's output above; one that is required in version 1 must
    /// be required in the type as well.
    @Test(arguments: samples.indices)
    func aRequiredFieldIsRequiredByBoth(_ index: Int) throws {
        func check<E: Event>(_ event: E) throws {
            let first = try #require(contract.event(E.type)?.version(1))
            for field in first.fields {
                var json = try #require(object(EventCoding.encode(event)) as? [String: Any])
                json[field.name] = nil
                let bytes = Array(try JSONSerialization.data(withJSONObject: json))
                #expect(contract.validate(bytes, type: E.type, version: event.version).map(\.field) == [field.name])
                let error = #expect(throws: UndecodableEvent.self) { try EventCoding.decode(E.self, from: bytes) }
                #expect(error?.field == field.name)
            }
        }
        try check(Self.samples[index])
    }

    @Test func versionsReadOneAnother() throws {
        let first = try EventCoding.decode(UserCreated.self, from: sample("user_created.1"))
        #expect(first.name == nil && first.email == nil && first.version == 1)
        let second = try EventCoding.decode(UserCreated.self, from: sample("user_created.2"))
        #expect(second.version == 2)
        // What a consumer of version 1 sees of it: all it knows, and the rest it skips.
        #expect(contract.validate(try sample("user_created.2"), type: "user_created", version: 1) == [])
        // A version of the future is read as the newest known.
        let future = Array(#"{"ticket_id":"0199c1d2-8b4c-7d5e-9f6a-1b2c3d4e5f60","reason":{"code":7}}"#.utf8)
        #expect(try EventCoding.decode(TicketClosed.self, from: future) == TicketClosed(ticketID: Self.ticketID))
        #expect(contract.validate(future, type: "ticket_closed", version: 3) == [])
    }

    @Test func theRolesAreThoseOfTheContract() throws {
        for version in try #require(contract.event("user_created")).versions {
            #expect(version.field("role")?.allowed == Role.allCases.map(\.rawValue))
        }
    }

    @Test func moneyIsAWholeNumberOfCents() {
        for amount in ["12.5", "1250.0", "\"1250\"", "null", "1e3", "9223372036854775808"] {
            let json = Array("{\"user_id\":\"0199c1d2-7a3b-7c4d-8e5f-0a1b2c3d4e5f\",\"amount\":\(amount)}".utf8)
            #expect(throws: UndecodableEvent.self) { try EventCoding.decode(UserWagePaid.self, from: json) }
            #expect(contract.validate(json, type: "user_wage_paid", version: 1).map(\.field) == ["amount"])
        }
        #expect(
            [0, 5, -40, 1205, .min].map { Money(cents: $0).description }
                == ["0.00", "0.05", "-0.40", "12.05", "-92233720368547758.08"]
        )
    }
}

/// What is binding for good, apart from the files that say it.
@Suite struct ContractPinTests {
    @Test func namesAndFieldsAreAsAgreed() throws {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let contract = try Contract.load(directory: root.appendingPathComponent("streams").path)
        let lines = contract.topics.flatMap { topic in
            topic.events.flatMap { event in
                event.versions.map { version in
                    "\(topic.name) \(topic.owner) \(topic.key) \(topic.partitions) \(event.type)/\(version.number): "
                        + version.fields.map(\.name).joined(separator: " ")
                }
            }
        }
        #expect(
            lines == [
                "ticket-money accounting ticket_id 4 ticket_money_updated/1: ticket_id commission reward",
                "tickets tracker ticket_id 4 ticket_created/1: ticket_id assignee_id",
                "tickets tracker ticket_id 4 ticket_created/2: ticket_id assignee_id title",
                "tickets tracker ticket_id 4 ticket_reassigned/1: ticket_id assignee_id",
                "tickets tracker ticket_id 4 ticket_closed/1: ticket_id",
                "users auth user_id 2 user_created/1: user_id role",
                "users auth user_id 2 user_created/2: user_id role name email",
                "wages accounting user_id 2 user_wage_paid/1: user_id amount",
            ]
        )
    }
}
