public import PerchProtocol
public import Postgres

// How the protocol's values stand in SQL. They are bound and read as they are: nobody takes them apart.

extension TopicName: PostgresCodable {}
extension GroupName: PostgresCodable {}
extension EventType: PostgresCodable {}
extension WorkerID: PostgresCodable {}
extension Epoch: PostgresCodable {}

/// An `int`: its raw value is always within one.
extension PartitionNumber: PostgresCodable {
    /// Sent as int4.
    @inlinable public static var postgresType: PostgresType { .int4 }

    /// Appends the binary format.
    @inlinable
    public func encode(into buffer: inout PostgresBuffer) { buffer.append(Int32(clamping: rawValue)) }

    /// Reads the binary format.
    public static func decode(_ value: borrowing PostgresValue) throws(PostgresError) -> PartitionNumber {
        PartitionNumber(rawValue: Int(try Int32.decode(value)))
    }
}

extension Row {
    /// The partition of a row that has the columns `topic` and `partition`.
    package func partition() throws(PostgresError) -> Partition {
        Partition(try decode("topic"), try decode("partition"))
    }
}
