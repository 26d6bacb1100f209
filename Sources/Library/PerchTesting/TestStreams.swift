public import Foundation
public import Perch
public import Postgres

/// Turns events into deliveries, each with its place in the partition of its key.
public struct TestStreams: Sendable {
    private let contract: Contract
    /// What was appended, by partition, in order.
    public private(set) var deliveries: [Partition: [Delivery]] = [:]

    /// - Parameter contract: Tells each topic's owner, the events' source, and its number of partitions.
    public init(contract: Contract) { self.contract = contract }

    /// Appends an event to the partition of its key.
    ///
    /// - Parameter id: Give an earlier one for a second entry of the same event.
    /// - Returns: The delivery.
    /// - Throws: `EncodingError`. Traps if the contract does not have the event's topic.
    @discardableResult
    public mutating func append<E: Event>(_ event: E, id: UUID = .v7(), time: Timestamp = .now) throws -> Delivery {
        guard let topic = contract.topic(E.topic) else {
            preconditionFailure("topic \(E.topic) is not in the contract")
        }
        let envelope = Envelope(
            id: id,
            source: topic.owner,
            type: E.type,
            version: event.version,
            subject: event.key,
            time: time,
            data: try EventCoding.encode(event)
        )
        return append(envelope, to: topic.partition(of: event.key))
    }

    /// Appends an entry again, as a new entry of the same event.
    @discardableResult
    public mutating func appendAgain(_ delivery: Delivery) -> Delivery {
        append(delivery.envelope, to: delivery.partition)
    }

    private mutating func append(_ envelope: Envelope, to partition: Partition) -> Delivery {
        let position = Int64(deliveries[partition, default: []].count + 1)
        let id = EntryID(milliseconds: 1_700_000_000_000 + position, position: position)
        let delivery = Delivery(partition: partition, entryID: id, envelope: envelope)
        deliveries[partition, default: []].append(delivery)
        return delivery
    }
}
