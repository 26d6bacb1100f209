import PerchProtocol
import StrictJSON

/// Looks at rows of the outbox before they get a position: what gets one, every reader takes, and it is as the contract says.
package struct OutboxDoor {
    private let checks: [TopicName: TopicChecks]

    /// `outbox_type_size`.
    private static let mostOfType = 245

    init(topics: [TopicContract]) {
        checks = Dictionary(uniqueKeysWithValues: topics.map { ($0.name, TopicChecks($0)) })
    }

    /// Why the row gets no position; nil: it may have one.
    package func problem(of row: UncheckedRow) -> String? {
        guard let partitions = row.partitions else { return "this database has no topic \(row.topic)" }
        // By the database's number: a change of partitions has placed anew what waited for it.
        let expected = PartitionNumber(key: String(decoding: row.key, as: UTF8.self), of: partitions)
        guard row.partition == expected else {
            return "partition \(row.partition): expected \(expected), the one of its key"
        }
        // As the outbox has it since, with room for any version: of a row from before.
        guard row.type.count <= Self.mostOfType else { return "type: it is longer than \(Self.mostOfType) bytes" }
        var json = JSONReader()
        let unreadable = row.type.withUnsafeBytes { type in
            row.key.withUnsafeBytes { key in
                row.data.withUnsafeBytes { data in
                    EntryReader.problem(type: type, version: row.version, key: key, time: row.time, data: data, &json)
                }
            }
        }
        return unreadable ?? violation(of: row, &json)
    }

    /// In what it is not as the contract says. A topic that declares no events has nothing to say.
    private func violation(of row: UncheckedRow, _ json: inout JSONReader) -> String? {
        guard let checks = checks[row.topic] else { return nil }
        let violations = row.key.withUnsafeBytes { key in
            row.data.withUnsafeBytes { data in
                checks.violations(
                    type: EventType(rawValue: String(decoding: row.type, as: UTF8.self)),
                    version: Int(row.version),
                    key: key,
                    data: data,
                    reader: &json
                )
            }
        }
        return violations.isEmpty ? nil : violations.map(\.description).joined(separator: "; ")
    }
}
