import PerchProtocol

/// Looks at rows of the outbox before they get a position: what gets one, every reader takes, and it is as the contract says.
struct OutboxDoor {
    private let contracts: [TopicName: Contract]

    /// `outbox_type_size`.
    private static let mostOfType = 245

    init(topics: [TopicContract]) {
        contracts = Dictionary(uniqueKeysWithValues: topics.map { ($0.name, Contract(topics: [$0])) })
    }

    /// Why the row gets no position; nil: it may have one.
    ///
    /// - Parameter partitions: Those that the database has.
    func problem(of row: UncheckedRow, partitions: Set<Partition>) -> String? {
        guard partitions.contains(Partition(row.topic, row.partition)) else {
            return "\(row.topic) has no partition \(row.partition) in this database"
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
        return unreadable ?? violation(of: row)
    }

    /// In what it is not as the contract says. A topic that declares no events has nothing to say.
    private func violation(of row: UncheckedRow) -> String? {
        guard let contract = contracts[row.topic], let topic = contract.topics.first, !topic.events.isEmpty else {
            return nil
        }
        let type = EventType(rawValue: String(decoding: row.type, as: UTF8.self))
        guard let event = topic.event(type) else {
            let hint = NearestName.hint(for: type.rawValue, in: topic.events.map(\.type.rawValue))
            return "\(topic.name) has no event type \(type)\(hint)"
        }
        guard event.versions.contains(where: { $0.number == Int(row.version) }) else {
            return "\(type) has no version \(row.version)"
        }
        let violations = contract.validate(row.data, type: type, version: Int(row.version))
        guard violations.isEmpty else { return violations.map(\.description).joined(separator: "; ") }
        let named = (try? JSONDocument(row.data))?.root[topic.key]?.string
        let key = String(decoding: row.key, as: UTF8.self)
        guard named.map({ $0.utf8.elementsEqual(key.utf8) }) == true else {
            return "the key is \(key), and the field \(topic.key), which is the key, is \(named ?? "not there")"
        }
        return nil
    }
}
