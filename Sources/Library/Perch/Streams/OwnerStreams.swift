/// What a relay asks of Redis: the streams of its owner's partitions, in typed commands and typed answers.
///
/// Each call blocks the relay's thread, and is about one partition, whose trouble is its own: `.troubled`. Not `Sendable`: it belongs
/// to one relay.
package protocol OwnerStreams: FailureTelling {
    /// The connection is over.
    var isDead: Bool { get }

    /// The stream's state. From here until the next append, rebuild or trim nobody else may change it, or that is `.raced`.
    func inspect(_ partition: Partition) throws -> StreamState

    /// The entries past this id, under the same watch.
    func readTail(_ partition: Partition, after id: EntryID, most: Int) throws -> [StreamEntry]

    /// Appends all of them or none.
    ///
    /// - Parameter next: Inspected in the same round trip.
    /// - Returns: What became of it; and the state of `next`, nil where that one is in trouble.
    func append(
        _ entries: [LogEntry],
        to partition: Partition,
        after last: EntryID,
        inspecting next: Partition?
    ) throws -> (RelayInput.AppendOutcome, StreamState?)

    /// Makes the stream again with these entries; its groups go.
    func rebuild(_ partition: Partition, _ entries: [LogEntry]) throws -> RelayInput.AppendOutcome

    /// The position of the newest entry that is not younger than this; 0 if there is none.
    func position(of partition: Partition, notAfter milliseconds: Int64) throws -> Position

    /// Drops entries before this id: exactly, or in pieces that cost Redis less.
    ///
    /// - Returns: How many were dropped; nil if the stream was changed since it was inspected, and nothing was.
    func trim(_ partition: Partition, before id: EntryID, exactly isExact: Bool) throws -> Int?

    /// Reads all answers that are on their way, whatever they say.
    func forgetOutstanding() throws
}
