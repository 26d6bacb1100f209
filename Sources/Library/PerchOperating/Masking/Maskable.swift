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
        // The error may tell of the data as it was delivered, or as it was corrected.
        let maskings = ([envelope.data] + (originalData.map { [$0] } ?? [])).map {
            Masking($0, of: envelope.type, version: envelope.version, in: contract)
        }
        return FailedEvent(
            id: id,
            delivery: Delivery(
                partition: delivery.partition,
                entryID: delivery.entryID,
                envelope: envelope.masked(in: contract)
            ),
            state: state,
            error: maskings.reduce(error) { $1.text($0) },
            attempts: attempts,
            waits: waits,
            failedAt: failedAt,
            lastAttempt: lastAttempt,
            nextAttempt: nextAttempt,
            originalData: originalData == nil ? nil : maskings.last?.data,
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
                    failure: step.failure.map {
                        Failure(state: $0.state, error: masking.text($0.error), attempts: $0.attempts, at: $0.at)
                    },
                    discard: step.discard
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
    /// It is made of many events: all of it is masked where one of their fields is private.
    package func masked(in contract: Contract) -> ErrorPattern {
        let versions = contract.event(type)?.versions ?? []
        guard versions.isEmpty || versions.contains(where: { $0.fields.contains(where: \.hasPrivatePart) }) else {
            return self
        }
        return ErrorPattern(
            text: Masking.mask,
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

extension Field {
    /// It is private, or something in it is.
    fileprivate var hasPrivatePart: Bool {
        isPrivate || (fields + [items].compactMap(\.self)).contains(where: \.hasPrivatePart)
    }
}

extension AuditRecord: Maskable {
    /// Its details may hold data: that of what was discarded or corrected.
    package func masked(in contract: Contract) -> AuditRecord {
        let isEmpty = details.elementsEqual(Array("{}".utf8))
        return AuditRecord(
            id: id,
            at: at,
            by: by,
            action: action,
            group: group,
            target: target,
            details: isEmpty ? details : Array("\"\(Masking.mask)\"".utf8)
        )
    }
}

extension AuditTrail.Page: Maskable {
    package func masked(in contract: Contract) -> AuditTrail.Page {
        AuditTrail.Page(records: records.masked(in: contract), isCut: isCut, problems: problems)
    }
}
