public import FoundationEssentials
public import Perch
import PerchProtocol
import Postgres
import StrictJSON

/// Publishes events for their owners, checked against the contract.
///
/// An event and its record in `perch.operations` commit together, in the database of the topic's owner.
public struct Publications: Sendable {
    private let system: OperatedSystem

    /// Connects when first asked.
    public init(_ system: OperatedSystem) { self.system = system }

    /// Checks an event against the contract, as `publish` does. It changes nothing.
    ///
    /// - Returns: The version that it is of.
    /// - Throws: `OperationRefused` with all that is wrong.
    public static func check(
        _ topic: TopicContract,
        _ type: EventType,
        version: Int? = nil,
        key: String,
        data: [UInt8]
    ) throws(OperationRefused) -> Int {
        guard let event = topic.event(type) else {
            let types = topic.events.map(\.type.rawValue)
            throw OperationRefused(
                reason: "\(topic.name) has no event type \(type), it has \(types.joined(separator: ", "))",
                advice: .giveType(near: NearestName.of(type.rawValue, in: types).map(EventType.init(rawValue:)))
            )
        }
        let version = version ?? event.newest?.number ?? 1
        guard event.versions.contains(where: { $0.number == version }) else {
            let versions = event.versions.map(\.number)
            throw OperationRefused(reason: "\(type) has no version \(version)", advice: .giveVersion(versions))
        }
        let violations = Contract(topics: [topic]).validate(data, type: type, version: version)
        guard violations.isEmpty else {
            throw OperationRefused(
                reason: "the data is not as the contract says of \(type)/\(version): "
                    + violations.map(\.description).joined(separator: "; "),
                advice: .correctData(topic.name)
            )
        }
        let named = (try? JSONDocument(data))?.root[topic.key]?.string
        guard named == key else {
            throw OperationRefused(
                reason:
                    "the key is \(key), and the field \(topic.key) of the data, which is the key, is \(named ?? "not there")",
                advice: .makeKeysTheSame
            )
        }
        return version
    }

    /// Checks corrected data of a failed event against the contract, where that has its type and version. It changes nothing.
    ///
    /// - Throws: `OperationRefused` with all that is wrong.
    public static func check(
        _ topic: TopicContract,
        correction data: [UInt8],
        of failed: FailedEvent
    ) throws(OperationRefused) {
        let event = failed.delivery
        guard let known = topic.event(event.type), known.versions.contains(where: { $0.number == event.version }) else {
            return
        }
        do {
            _ = try check(topic, event.type, version: event.version, key: event.subject, data: data)
        } catch {
            throw OperationRefused(
                reason: error.reason,
                advice: .correctPayload(topic.name)
            )
        }
    }

    /// Publishes an event through its owner's outbox, as the owner would: its relay gives it its place.
    ///
    /// - Parameters:
    ///   - version: Default: the newest.
    ///   - by: Who does it, for the record.
    ///   - id: The event's id. Give the same one if you may have to ask again, since an answer was lost or a button was pressed twice: the
    ///     event is published once. Default: a new one.
    ///   - operation: The larger operation this belongs to, for the record. Default: none.
    /// - Throws: `OperationRefused` where it is not as the contract says; `ServerProblem`.
    public func publish(
        _ topic: TopicContract,
        _ type: EventType,
        version: Int? = nil,
        key: String,
        data: [UInt8],
        by: String,
        id: UUID = .v7(),
        operation: UUID? = nil
    ) async throws -> OperatorPublication {
        let version = try Self.check(topic, type, version: version, key: key, data: data)
        let crc = Int64(CRC32.checksum(key))
        let target = "\(topic.name) \(id.text)"
        let placed = try await system.use { links in
            try links.withDatabase(of: topic.owner) { connection in
                try connection.transaction { tx -> PartitionNumber? in
                    // Whoever is second waits here for the first, and sees its record.
                    try tx.execute("SELECT pg_advisory_xact_lock(hashtextextended(\(target), 0))")
                    let isRepeated = try tx.query(
                        "SELECT 1 FROM perch.operations WHERE action = 'publish' AND target = \(target)"
                    ) { _ in true }.first
                    if isRepeated == true { return nil }
                    // By the database's number of partitions, as every publisher: the contract at hand may have another.
                    let placed = try tx.query(
                        """
                        INSERT INTO perch.outbox (topic, partition, event_id, type, version, key, time, data)
                        VALUES (\(topic.name),
                            (\(crc) % (SELECT partitions FROM perch.topics WHERE topic = \(topic.name)))::int,
                            \(id), \(type), \(Int32(clamping: version)), \(key), \(Timestamp.now),
                            \(JSON(text: String(decoding: data, as: UTF8.self))))
                        RETURNING partition
                        """
                    ) { try $0.decode("partition", as: PartitionNumber.self) }
                    try OperatingStore(connection: connection).record(
                        "publish",
                        by: by,
                        of: nil,
                        target: target,
                        details: Record(type: type.rawValue, version: version),
                        operation: operation,
                        in: tx
                    )
                    return placed.first
                }
            }
        }
        let number = placed ?? topic.partition(of: key).number
        return OperatorPublication(
            id: id,
            partition: Partition(topic.name, number),
            version: version,
            isRepeated: placed == nil
        )
    }

    private struct Record: Encodable {
        let type: String
        let version: Int
    }
}
