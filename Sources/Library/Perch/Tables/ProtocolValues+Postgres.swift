public import PerchProtocol
public import Postgres

// How the protocol's values stand in SQL. They are bound and read as they are: nobody takes them apart.

extension TopicName: PostgresCodable {}
extension GroupName: PostgresCodable {}
extension EventType: PostgresCodable {}
extension LimitName: PostgresCodable {}
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

/// A `text`, as Redis writes it. What was not written by us is read as text and parsed: one id that is none must not hide the
/// rest.
extension EntryID: PostgresEncodable, PostgresDecodable, PostgresArrayElement {
    /// Sent as text.
    public static var postgresType: PostgresType { String.postgresType }
    /// Sent as an array of texts.
    public static var postgresArrayType: PostgresType { String.postgresArrayType }

    /// Appends the text.
    public func encode(into buffer: inout PostgresBuffer) throws(PostgresError) {
        try description.encode(into: &buffer)
    }

    /// Reads the text.
    /// - Throws: `.decoding` for what is no id.
    public static func decode(_ value: borrowing PostgresValue) throws(PostgresError) -> EntryID {
        try parsed(try String.decode(value))
    }

    /// Appends an array of texts.
    public static func encodeArray(_ values: [EntryID], into buffer: inout PostgresBuffer) throws(PostgresError) {
        try String.encodeArray(values.map(\.description), into: &buffer)
    }

    /// Reads an array of texts.
    /// - Throws: `.decoding` for what is no id.
    public static func decodeArray(_ value: borrowing PostgresValue) throws(PostgresError) -> [EntryID] {
        var ids: [EntryID] = []
        for text in try String.decodeArray(value) { ids.append(try parsed(text)) }
        return ids
    }

    private static func parsed(_ text: String) throws(PostgresError) -> EntryID {
        guard let id = EntryID(text) else { throw PostgresError.unreadable("expected an entry id, found \"\(text)\"") }
        return id
    }
}

extension Row {
    /// The partition of a row that has the columns `topic` and `partition`.
    package func partition() throws(PostgresError) -> Partition {
        Partition(try decode("topic"), try decode("partition"))
    }

    /// The id in the column `entry_id`; nil where its text is none.
    package func entryID() throws(PostgresError) -> EntryID? { EntryID(try decode("entry_id", as: String.self)) }

    /// The id in the column `entry_id` of a row whose position is known otherwise: where the text is no id, one of that position.
    package func entryID(at position: Position) throws(PostgresError) -> EntryID {
        try entryID() ?? EntryID(milliseconds: 0, position: position)
    }
}
