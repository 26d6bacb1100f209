/// What an operator should hear of; the shell logs and counts it.
package enum WorkerNotice: Hashable, Sendable {
    case acquired(Holding)
    case released(Partition)
    /// The lease went to another owner, or its epoch was raised.
    case fenced(Partition)
    /// The next entry is not in the stream; nothing past it is processed.
    case entryMissing(Partition, after: EntryID, look: Int)
    /// The stream ends before the checkpoint: nothing that is appended now would be seen.
    case streamEndsBefore(Partition, checkpoint: EntryID, at: EntryID, look: Int)
    /// The next entry's id lies this far ahead of the clock: the relay may take it out, so it is not handled yet.
    case entryEarly(Partition, EntryID, by: Duration)
    /// The missing entry is there again.
    case entryFound(Partition)
    /// An event has failed, waits, or is a dead letter; committed.
    case parked(Partition, ParkedEvent)
    /// Events that were parked have taken effect.
    case recovered(Partition, count: Int)
    /// Nearly everything fails: nothing is parked, and nothing done until then.
    case braked(failed: Int, of: Int, retryIn: Duration, reason: String)
    case brakeReleased
    /// The former owner died: rounds are counted before they run.
    case countsRounds(Partition)
    /// A round that was counted has not passed: these many events are tried one by one.
    case stepsThrough(Partition, count: Int)
    /// More is there than the limit allows: it waits in the stream.
    case limited(LimitName)
    case conflict(attempt: Int)
    /// Something is wrong with this partition alone: it is out of the read set until then.
    case troubled(Partition, retryIn: Duration)
    /// It is read again.
    case untroubled(Partition)
    /// The node of its stream was out of reach for so long that its lease is left to another worker.
    case leftToOthers(Partition, awayFor: Duration)
    case reconnecting(attempt: Int, in: Duration)
}
