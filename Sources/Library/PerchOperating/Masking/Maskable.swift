package import Perch

/// What may hold private data of an event, and can be shown without it.
package protocol Maskable: Sendable {
    /// The same as `Masking` shows it to somebody who may not see private fields.
    func masked(in contract: Contract) -> Self
}

extension Envelope: Maskable {
    package func masked(in contract: Contract) -> Envelope {
        var shown = self
        shown.data = Masking(data, of: type, version: version, in: contract).data
        return shown
    }
}

extension FailedEvent: Maskable {
    package func masked(in contract: Contract) -> FailedEvent {
        let envelope = delivery.envelope
        let masking = Masking(envelope.data, of: envelope.type, version: envelope.version, in: contract)
        return FailedEvent(
            id: id,
            delivery: Delivery(
                partition: delivery.partition,
                entryID: delivery.entryID,
                envelope: envelope.masked(in: contract)
            ),
            state: state,
            // The error may tell of any data that it has had, and of corrections only the last is kept.
            error: originalData == nil ? masking.text(error) : Masking.whole(error),
            attempts: attempts,
            waits: waits,
            failedAt: failedAt,
            lastAttempt: lastAttempt,
            nextAttempt: nextAttempt,
            originalData: originalData.map {
                Masking($0, of: envelope.type, version: envelope.version, in: contract).data
            },
            revision: revision
        )
    }
}

extension FoundEvent: Maskable {
    package func masked(in contract: Contract) -> FoundEvent {
        FoundEvent(envelope: envelope.masked(in: contract), partition: partition, entryID: entryID, seenIn: seenIn)
    }
}

extension EventJourney: Maskable {
    package func masked(in contract: Contract) -> EventJourney {
        let envelope = event.envelope
        let masking = Masking(envelope.data, of: envelope.type, version: envelope.version, in: contract)
        return EventJourney(
            event: event.masked(in: contract),
            steps: steps.map { step in
                Step(
                    group: step.group,
                    state: step.state,
                    checkpoint: step.checkpoint,
                    failure: step.failure.map { failure in
                        Failure(
                            state: failure.state,
                            error: failure.isCorrected ? Masking.whole(failure.error) : masking.text(failure.error),
                            attempts: failure.attempts,
                            at: failure.at,
                            isCorrected: failure.isCorrected
                        )
                    },
                    // A reason is written by people, who may quote what they have seen.
                    discard: step.discard.map { Discard(by: $0.by, reason: Masking.whole($0.reason), at: $0.at) }
                )
            }
        )
    }
}

extension KeyTrace: Maskable {
    package func masked(in contract: Contract) -> KeyTrace {
        KeyTrace(journeys: journeys.map { $0.masked(in: contract) }, isCut: isCut, problems: problems)
    }
}

extension EventPage: Maskable {
    package func masked(in contract: Contract) -> EventPage {
        EventPage(
            events: events.map { $0.masked(in: contract) },
            foreign: foreign,
            lookedAt: lookedAt,
            lookedBackTo: lookedBackTo,
            isAtBeginning: isAtBeginning,
            problems: problems
        )
    }
}

extension TopicTail.Entry: Maskable {
    package func masked(in contract: Contract) -> TopicTail.Entry {
        TopicTail.Entry(partition: partition, id: id, envelope: envelope?.masked(in: contract))
    }
}

extension ErrorPattern: Maskable {
    /// It is made of many events, whose data is not at hand.
    package func masked(in contract: Contract) -> ErrorPattern {
        ErrorPattern(
            text: Masking.whole(text),
            type: type,
            counts: counts,
            keys: keys,
            newest: newest,
            failedAt: failedAt
        )
    }
}

extension Array: Maskable where Element: Maskable {
    package func masked(in contract: Contract) -> [Element] { map { $0.masked(in: contract) } }
}

extension ScheduleStatus: Maskable {
    /// What it failed with may quote any event, and any row of the service.
    package func masked(in contract: Contract) -> ScheduleStatus {
        var shown = self
        shown.lastError = lastError.map { Masking.whole($0) }
        return shown
    }
}

extension AuditRecord: Maskable {
    /// Its details may hold data: that of what was discarded or corrected. Its target may hold texts of errors.
    package func masked(in contract: Contract) -> AuditRecord {
        let isEmpty = details.elementsEqual(Array("{}".utf8))
        return AuditRecord(
            id: id,
            at: at,
            by: by,
            action: action,
            group: group,
            target: RecordTarget.masked(target),
            details: isEmpty ? details : Array("\"\(Masking.mask)\"".utf8)
        )
    }
}

extension AuditTrail.Page: Maskable {
    package func masked(in contract: Contract) -> AuditTrail.Page {
        AuditTrail.Page(records: records.masked(in: contract), isCut: isCut, problems: problems)
    }
}
