import Foundation
import Perch
import Postgres
import Testing
import Times

@testable import PerchOperating

/// What is said of events, to somebody who may not see private fields.
@Suite struct MaskableTests {
    private static let at = Timestamp(milliseconds: 1_795_390_240_601)

    private static func envelope(_ json: String) -> Envelope {
        Envelope(
            id: UUID(),
            source: "auth",
            type: "user_created",
            version: 2,
            subject: "7",
            time: at,
            data: Array(json.utf8)
        )
    }

    private static func failed(_ error: String, now: String, original: String?) -> FailedEvent {
        FailedEvent(
            id: 1,
            delivery: Delivery(
                partition: Partition("users", 0),
                entryID: EntryID(milliseconds: 1, position: 1),
                envelope: envelope(now)
            ),
            state: .dead,
            error: error,
            attempts: 1,
            waits: 0,
            failedAt: at,
            lastAttempt: nil,
            nextAttempt: nil,
            originalData: original.map { Array($0.utf8) },
            revision: .init(rawValue: "r")
        )
    }

    /// Of several corrections only the last is kept, and the error may be of one before.
    @Test func anErrorOfDataThatWasCorrectedIsMaskedWhole() throws {
        let contract = try MaskingTests.contract.get()
        let (first, now) = (#"{"user_id":"7","email":"ann@example.com"}"#, #"{"user_id":"7","email":"a@b.example"}"#)
        let error = "refused: Ann.Archer@example.com"
        let corrected = Self.failed(error, now: now, original: first).masked(in: contract)
        #expect(corrected.error == "•••")
        #expect(corrected.originalData.map { String(decoding: $0, as: UTF8.self) } == #"{"user_id":"7","email":"•••"}"#)
        let other = Self.failed("refused: ann@example.com", now: first, original: nil).masked(in: contract)
        #expect(other.error == "refused: •••")
        #expect(Self.failed("", now: now, original: first).masked(in: contract).error == "")
    }

    @Test func aJourneyTellsNoReasonOfADiscardAndNoErrorOfCorrectedData() throws {
        func step(_ isCorrected: Bool) -> EventJourney.Step {
            EventJourney.Step(
                group: "mail",
                state: .dead,
                checkpoint: nil,
                failure: .init(
                    state: "dead",
                    error: "no role admin, Bob",
                    attempts: 1,
                    at: Self.at,
                    isCorrected: isCorrected
                ),
                discard: .init(by: "eve", reason: "Bob asked for it", at: Self.at)
            )
        }
        let event = FoundEvent(
            envelope: Self.envelope(#"{"user_id":"7","email":"Bob","role":"admin"}"#),
            partition: Partition("users", 0),
            entryID: nil,
            seenIn: []
        )
        let steps = EventJourney(event: event, steps: [step(false), step(true)])
            .masked(in: try MaskingTests.contract.get()).steps
        #expect(steps.map(\.failure?.error) == ["no role admin, •••", "•••"])
        #expect(steps.map(\.discard?.reason) == ["•••", "•••"])
        #expect(steps.map(\.discard?.by) == ["eve", "eve"])
    }

    /// Also where no field is private now: what the events had is not at hand.
    @Test(arguments: ["order_counted", "user_created", "unknown"])
    func aPatternOfErrorsIsAlwaysMasked(_ type: EventType) throws {
        let contract = Contract(topics: try MaskingTests.contract.get().topics + [Self.orders])
        let pattern = ErrorPattern(
            text: "no stock of …",
            type: type,
            counts: [.dead: 2],
            keys: 1,
            newest: 5,
            failedAt: Self.at...Self.at
        )
        let masked = pattern.masked(in: contract)
        #expect(masked.text == "•••" && masked.counts == [.dead: 2] && masked.newest == 5)
    }

    private static let orders = TopicContract(
        name: "orders",
        owner: "shop",
        key: "order",
        partitions: 1,
        groups: [],
        events: [
            EventContract(
                type: "order_counted",
                versions: [EventVersion(number: 1, fields: [Field(name: "order", type: .string)])]
            )
        ]
    )

    @Test(arguments: [("Bob has no account", "•••"), ("", ""), (nil, nil)] as [(String?, String?)])
    func whatAScheduleFailedWithIsMasked(_ error: String?, _ shown: String?) throws {
        let schedule = ScheduleStatus(
            service: "shop",
            name: "tick",
            recurrence: "* * * * *",
            timeZone: "GMT",
            missed: "all",
            state: .failing,
            lastTick: nil,
            lastRunAt: nil,
            nextTick: Self.at,
            overdue: nil,
            requestedAt: nil,
            pausedAt: nil,
            failures: 3,
            lastError: error,
            failedAt: Self.at,
            retryAt: nil
        )
        let masked = schedule.masked(in: try MaskingTests.contract.get())
        #expect(masked.lastError == shown && masked.failures == 3 && masked.name == "tick")
    }

    /// In quotes, between conditions that have none: from the first text to the last quote nothing is shown.
    @Test(arguments: [
        ("failed event 17", "failed event 17"),
        ("failed events: 3 by id; up to 9", "failed events: 3 by id; up to 9"),
        (
            #"failed events: dead; key a"b; error with "Bob "x"; up to 3"; since now; up to 17"#,
            #"failed events: dead; key a"b; error with "•••"; since now; up to 17"#
        ),
        (
            // Marks that join a quote to one character.
            "failed events: error with \"\u{301}Bob\u{600}\"; up to 17",
            #"failed events: error with "•••"; up to 17"#
        ),
        (
            #"failed events: error with "Bob"; errors like "Al"; up to 17"#,
            #"failed events: error with "•••"; up to 17"#
        ),
        (#"failed events: errors like "Bob …"#, #"failed events: errors like "•••""#),
        (#"failed events: key errors like "x; topic t"#, #"failed events: key errors like "•••""#),
    ])
    func theTargetOfARecordIsShownWithoutTextsOfErrors(_ target: String, _ shown: String) throws {
        let record = AuditRecord(
            id: .init(service: "shop", number: 1),
            at: Self.at,
            by: "ann",
            action: "retry_failed",
            group: "mail",
            target: target,
            details: Array("{}".utf8)
        )
        #expect(record.masked(in: try MaskingTests.contract.get()).target == shown)
    }
}
