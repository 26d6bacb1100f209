/// An event that has its position, ready to be appended.
struct LogEntry {
    let id: EntryID
    /// `XADD` with the envelope's attributes as fields, as it goes to Redis.
    let command: ArraySlice<UInt8>
}

/// Entries of one partition, in their order.
struct LogRun {
    let partition: Partition
    var entries: [LogEntry]
}
