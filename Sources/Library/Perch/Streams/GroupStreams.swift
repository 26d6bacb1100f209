/// What a worker asks of Redis: the streams of its group's partitions, in typed commands and typed answers.
///
/// Each call blocks the worker's thread. An error says by `FailureTelling` what helps. That a partition's node is away, or has moved, is an
/// answer for that partition, so that the others go on. `sweep` and `acknowledge` have no answer: in a cluster they pass over a node that
/// fails, and report nothing. The next sweep acknowledges what they left. Not `Sendable`: it belongs to one worker.
package protocol GroupStreams: FailureTelling {
    /// Sets the group to the checkpoint, makes it where it is missing, and acknowledges what is pending up to there.
    func rewind(_ partition: Partition, to checkpoint: EntryID) throws

    /// The next entries of each partition, at most `count` of each.
    ///
    /// - Parameter block: How long to wait where no partition has any; zero: not at all. The wait ends with `.interrupted`
    ///   when the program is to stop.
    func read(_ partitions: [Partition], count: Int, block: Duration) throws -> StreamRead

    /// What lies past each checkpoint, in the order of the holdings.
    func peek(_ holdings: [Holding]) throws -> [WorkerInput.Peek]

    /// Acknowledges what is pending at or below each checkpoint, whoever has read it. A node of a cluster that fails is passed over.
    func sweep(_ holdings: [Holding]) throws

    /// Goes out with the next command: its answer is worth no wait. A node of a cluster that fails is passed over.
    func acknowledge(_ acknowledgements: [WorkerAction.Acknowledgement]) throws

    /// Sends what waits to be sent.
    func flush() throws

    /// Waits for all answers that are on their way.
    func finish() throws
}
