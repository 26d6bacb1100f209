public import Perch
import PerchProtocol
public import Postgres

/// Runs a consumer group's handlers as a worker does, without Redis: rounds of deliveries, each in one transaction.
///
/// It has no lease, no checkpoint and no fence, so it delivers whatever it is given, also a second time: handlers have to be
/// correct then too. The database needs Perch's migrations. Not `Sendable`: use it from one thread.
public final class HandlerHarness {
    private let group: ConsumerGroup
    private let connection: PostgresConnection

    /// - Parameter connection: The harness's alone: each round is a transaction on it. What handlers publish is checked where it
    ///   has the contract, as a worker's has: `connection.publishOnly(as: contract)`.
    public init(group: ConsumerGroup, connection: PostgresConnection) {
        self.group = group
        self.connection = connection
    }

    /// What became of a round.
    public enum Outcome {
        case committed
        /// Nothing of the round was committed, because of this event or, where nil, of one that is not known.
        case refused(Delivery?, any Error)
    }

    /// One round: the handlers over all of the slices, then COMMIT.
    ///
    /// An event that a handler rejects or cannot decode is a dead letter, as with a worker. Unlike with a worker, later events of its
    /// key are handled.
    /// - Parameter slices: Each of one partition, in its order.
    /// - Throws: errors of the connection.
    public func round(_ slices: [[Delivery]]) throws -> Outcome {
        var dead: [(event: Delivery, as: ParkedEvent)] = []
        while true {
            let left = slices.map { $0.filter { event in !dead.contains { $0.event == event } } }
            let round = RoundTransaction(try connection.begin(), group: group)
            do {
                try round.handle(left.filter { !$0.isEmpty }.map { DeliveredSlice($0) })
                try round.park(dead)
                try round.commit()
                return .committed
            } catch let refused as RefusedRound {
                guard let event = refused.event, refused.isRejection else {
                    return .refused(refused.event, refused.cause)
                }
                let reason = String(describing: refused.cause)
                let parked = ParkedEvent(
                    position: event.entryID.position,
                    key: event.subject,
                    state: .dead,
                    attempts: 1,
                    reason: reason
                )
                dead.append((event, parked))
            }
        }
    }

    /// One round that has to be committed.
    ///
    /// - Throws: what refused it.
    public func deliver(_ deliveries: [Delivery]) throws {
        let byPartition = Dictionary(grouping: deliveries, by: \.partition).sorted { $0.key < $1.key }
        if case .refused(_, let error) = try round(byPartition.map(\.value)) { throw error }
    }

    /// Delivers all events of some streams in rounds of random sizes, as a worker would. An event that is refused is put off, with
    /// the later events of its partition, and tried again in a later round.
    ///
    /// - Parameters:
    ///   - streams: The events by partition, in order.
    ///   - largest: The most events of a partition in a round.
    ///   - generator: Where the cuts and the interleaving come from.
    /// - Returns: How many times an event was refused and had to wait.
    /// - Throws: the error of an event that is refused although nothing else is left to deliver.
    @discardableResult
    public func deliverAll(
        _ streams: [Partition: [Delivery]],
        roundsOfUpTo largest: Int,
        using generator: inout some RandomNumberGenerator
    ) throws -> Int {
        var left = streams.filter { !$0.value.isEmpty }.mapValues { $0[...] }
        var refused: [Partition: any Error] = [:]
        var waits = 0
        while !left.isEmpty {
            let partitions = left.keys.sorted().filter { refused[$0] == nil }
            if partitions.isEmpty, let error = refused.first?.value { throw error }
            let chosen = partitions.shuffled(using: &generator)
                .prefix(Int.random(in: 1...partitions.count, using: &generator))
            var slices = chosen.map { partition in
                Array(left[partition, default: []].prefix(Int.random(in: 1...largest, using: &generator)))
            }
            var committed = false
            while !committed, !slices.isEmpty {
                switch try round(slices) {
                case .committed:
                    committed = true
                case .refused(let event?, let error):
                    guard let index = slices.firstIndex(where: { $0.first?.partition == event.partition }) else {
                        throw error
                    }
                    slices[index].removeSubrange((slices[index].firstIndex(of: event) ?? 0)...)
                    if slices[index].isEmpty { slices.remove(at: index) }
                    refused[event.partition] = error
                    waits += 1
                case .refused(nil, let error):
                    throw error
                }
            }
            // Something has changed: whoever waited may have got what it waited for.
            if committed { refused = [:] }
            for slice in slices {
                guard let partition = slice.first?.partition else { continue }
                left[partition]?.removeFirst(slice.count)
                if left[partition]?.isEmpty == true { left[partition] = nil }
            }
        }
        return waits
    }
}
