/// What a relay asks of its owner's database, in typed statements and typed answers, each a transaction of its own.
///
/// Each call blocks the relay's thread. An error says by `FailureTelling` what helps. Not `Sendable`: it belongs to one relay.
package protocol OwnerTables: AnyObject, FailureTelling {
    /// The connection is over.
    var isDead: Bool { get }

    /// Whether this relay is the active one of those of the same topics, as long as the connection stands: else it tries now to
    /// become it. An active one that has long been silent is ended, so that a later call succeeds.
    func lead() throws -> Bool
    /// Whether another relay of the same topics runs, which would lead if this one did not.
    func hasStandby() throws -> Bool

    /// Asks for positions for what is committed and has none, and waits for nothing. Before that up to `due` delayed events that
    /// are due are moved into the outbox, in the same transaction; where it is 0, none.
    func assign(most: Int, due: Int, except partitions: [Partition]) throws
    /// Waits for what was asked for last.
    func collect() throws -> [LogRun]
    /// Whether delayed events are due, as of what was collected last.
    var hasDue: Bool { get }
    /// Looks at the rows that came with what was collected last and that nobody had looked at.
    func settleUnchecked(by door: OutboxDoor) throws -> CheckedRows

    /// The partitions of topics that this relay's contract does not have.
    func strangers() throws -> [Partition]
    /// The partitions of these topics by the database, and how many each topic has now.
    func declared(_ topics: [TopicName]) throws -> (partitions: [Partition], counts: [TopicName: Int])

    /// The log past this position.
    func load(_ partition: Partition, after position: Position, most: Int) throws -> [LogEntry]
    /// What the log says of a state of the stream.
    func consult(_ partition: Partition, _ state: StreamState) throws -> LogState
    /// Copies entries that only the stream still held into the log, if they still continue it.
    func adopt(_ partition: Partition, _ entries: [AdoptedEntry]) throws -> Bool
    /// Keeps foreign entries with their ids and bytes, each once.
    func setAside(_ partition: Partition, _ entries: [StreamEntry]) throws

    /// Promises that the stream needs nothing up to this position any more.
    ///
    /// - Returns: The id after which entries are kept; nil if the log does not have that position.
    func promiseTrimmed(_ partition: Partition, through position: Position) throws -> EntryID?
    /// Drops the oldest events from the log that the archive no longer keeps; how many.
    func dropArchived(_ partition: Partition, through position: Position, most: Position) throws -> Int64
    /// The time of the database, which entries have their ids by.
    func milliseconds() throws -> Int64
}

extension OwnerTables {
    /// The same, and no delayed events are moved.
    package func assign(most: Int, except partitions: [Partition]) throws {
        try assign(most: most, due: 0, except: partitions)
    }
}
