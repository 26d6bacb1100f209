public import PerchProtocol
public import Postgres

/// An entry that was found in a stream, and was not published by the topic's owner.
public struct ForeignEntry: Sendable, Hashable, Identifiable {
    /// The number of its row in `perch.foreign_entries`.
    public let id: Int64
    /// Where it was found.
    public let partition: Partition
    /// The id that it had in the stream; empty where an earlier release did not keep it.
    public let entryID: String
    /// Names and values in turn, byte for byte.
    public let fields: [[UInt8]]
    /// How many bytes its fields have, all of them.
    public let bytes: Int64
    /// Whether `fields` is only the beginning.
    public let isCut: Bool
    /// When it was taken out of the stream.
    public let foundAt: Timestamp
}
