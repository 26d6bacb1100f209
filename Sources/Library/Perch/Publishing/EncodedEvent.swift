import Postgres

extension Transaction {
    /// By which what is published is checked; nil: it is not.
    var publishingChecks: ContractChecks? { companion as? ContractChecks }
}

/// An event as it goes into the outbox: encoded, and as declared.
struct EncodedEvent {
    let topic: TopicName
    let type: EventType
    let version: Int32
    let key: String
    let data: [UInt8]
    /// The contract was looked at; else the relay has to look before it gives a position.
    let isChecked: Bool

    /// - Throws: `UndeclaredEvent`, `EncodingError`.
    init<E: Event>(_ event: E, by checks: ContractChecks?) throws {
        (topic, type) = (E.topic, E.type)
        version = try event.columnVersion
        key = event.key
        var json: [UInt8] = []
        json.reserveCapacity(256)
        let declared = try checks?.version(Int(version), of: E.type, in: E.topic)
        try EventEncoder().append(event, key: key, to: &json, as: declared)
        data = json
        isChecked = declared != nil
    }
}

extension Event {
    /// As the outbox has it.
    var columnVersion: Int32 {
        get throws(EncodingError) {
            guard let version = Int32(exactly: version) else {
                let text = "an event's version is a number from 1 to \(Int32.max)"
                throw EncodingError.invalidValue(version, .init(codingPath: [], debugDescription: text))
            }
            return version
        }
    }
}
