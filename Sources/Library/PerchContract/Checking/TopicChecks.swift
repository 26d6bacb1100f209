package import StrictJSON

/// What the contract says of a topic's events, compiled once, so that each event can be checked by whoever publishes it.
///
/// Only what is declared is published: a type of the topic, a version that is there, each field as it says, the key in the field
/// that is the key. (Who *reads* an event takes a version newer than known for the newest known: `Contract.validate`.) A topic
/// without events, as only code can make one, is not checked.
package struct TopicChecks: Sendable {
    let topic: TopicName
    private let events: [(type: EventType, versions: [VersionChecks])]

    package init(_ topic: TopicContract) {
        self.topic = topic.name
        events = topic.events.map { event in
            (event.type, event.versions.map { VersionChecks($0, key: topic.key) })
        }
    }

    /// Whether every event will do.
    var isUnchecked: Bool { events.isEmpty }

    /// What is declared of a version of a type; nil where neither is.
    func version(_ version: Int, of type: EventType) -> VersionChecks? {
        for event in events where event.type == type {
            for declared in event.versions where declared.number == version { return declared }
        }
        return nil
    }

    /// Checks one event. What is right costs no allocation but those of the reader, which keeps its memory for the next.
    ///
    /// - Parameters:
    ///   - key: As the envelope has it, in UTF-8.
    ///   - data: The JSON, in UTF-8.
    ///   - reader: Reads the data; it may be used again at once.
    /// - Returns: Everything that is wrong; empty if the event is as declared.
    package func violations(
        type: EventType,
        version: Int,
        key: UnsafeRawBufferPointer,
        data: UnsafeRawBufferPointer,
        reader: inout JSONReader
    ) -> [Violation] {
        guard !isUnchecked else { return [] }
        guard let declared = self.version(version, of: type) else { return [undeclared(version, of: type)] }
        return declared.violations(key: key, data: data, reader: &reader)
    }

    /// The same of an event in memory of its own.
    package func violations(type: EventType, version: Int, key: String, data: [UInt8]) -> [Violation] {
        var reader = JSONReader()
        var key = key
        return key.withUTF8 { key in
            data.withUnsafeBytes {
                violations(
                    type: type,
                    version: version,
                    key: UnsafeRawBufferPointer(key),
                    data: $0,
                    reader: &reader
                )
            }
        }
    }

    /// Of a type or version that is not declared.
    func undeclared(_ version: Int, of type: EventType) -> Violation {
        guard let event = events.first(where: { $0.type == type }) else {
            let hint = NearestName.hint(for: type.rawValue, in: events.map(\.type.rawValue))
            return Violation(expected: "an event type of topic \(topic)", got: "`\(type)`\(hint)")
        }
        let versions = event.versions.map { "\($0.number)" }
        let expected =
            versions.count == 1 ? "version \(versions[0])" : "one of the versions \(versions.joined(separator: ", "))"
        return Violation(expected: expected, got: "version \(version)")
    }
}
