public import Perch
public import Postgres

/// What helps, as a value: a program that shows it has its own words and ways for it, commands or links.
public enum Advice: Sendable, Hashable {
    // MARK: Look

    /// See which topics the contract has.
    case seeTopics
    /// See which groups the contract has.
    case seeGroups
    /// See which schedules there are.
    case seeSchedules
    /// See where an event is. If its partition is named, the event may no longer be in it.
    case seeEvent(TopicName, id: String)
    /// See where the events that were chosen are, and where the group is.
    case seeEventsAndGroup(TopicName, GroupName)
    /// See where the group is by now, and plan again.
    case planAgain(GroupName)
    /// Plan again, without doing anything.
    case lookAgain

    // MARK: Publish

    /// This type may be meant; nil: none is near, and one of the topic's has to be given.
    case giveType(near: EventType?)
    /// Give one of these versions.
    case giveVersion([Int])
    /// Give a version that the contract has.
    case giveKnownVersion
    /// Make the data what the contract says of the topic.
    case correctData(TopicName)
    /// Make the corrected payload what the contract says of the topic.
    case correctPayload(TopicName)
    /// The key, and the field that is the key, have to be the same.
    case makeKeysTheSame
    /// Correct what the reason names, or discard the event.
    case correctOrDiscard

    // MARK: Replay

    /// Name one of the topic's partitions, or none.
    case giveOnePartition
    /// A key tells its partition.
    case leavePartitionOut
    /// Choose fewer events, and replay part by part; or let the checkpoint be set back, which has no bound.
    case narrowSelection
    /// Replay from a place that is still there; the first that the stream has, where it is known.
    case replayFromLaterPlace(streamBeginsAt: EntryID? = nil)
    /// Replay from this place on; nil: from the end.
    case replayFrom(EntryID?)
    /// Replay from after the topic's partitions were changed, or the whole topic.
    case replayAfterChange(at: Timestamp, GroupName, TopicName)
    /// Read again from a place after the topic's partitions were changed, in all partitions.
    case readAgainAfterChange(at: Timestamp)
    /// Replay the whole topic, and all of its partitions.
    case replayWholeTopic
    /// Start the group's workers once: they write down what the subscription declares.
    case startWorkersOnce
    /// The subscription declares a reset: its own program empties it and builds it anew.
    case rebuildByOwnProgram
    /// Make the handlers idempotent and declare it. Reading what is not committed again is always safe.
    case makeIdempotent
    /// Let the owner's relay mend its streams.
    case letRelayMend(owner: String)

    // MARK: Erase

    /// Wait until each group has handled the key's events, or say that they are never to take effect.
    case eraseUnhandledToo

    // MARK: Partitions

    /// Write the number of partitions into the topic's contract.
    case setPartitionsInContract(Int, TopicName)
    /// Say how many partitions it is to have.
    case givePartitions
    /// Retry or discard the group's failed events until there are none.
    case settleFailedEvents
    /// End the group's pause on the topic.
    case resume(GroupName, TopicName)
    /// Start the group's workers, or take the group out of the contract.
    case startWorkersOrRemoveGroup
    /// The owner's database was set back: let its relay run until no group is ahead.
    case letRelayCatchUp
    /// Run the service's migrations.
    case migrate(owner: String)
    /// Try again when what is in the way is over, or wait for it longer.
    case tryLater
    /// Use the role that owns the schema of this service's database.
    case useOwnersRole(owner: String)
}
