/// The group has no reset: its handlers' effects cannot be taken back.
public struct ResetMissing: Error, CustomStringConvertible {
    /// The group that cannot go back.
    public let group: GroupName

    /// Says what to declare.
    public var description: String {
        "group \(group) declares no reset, so what it has built cannot be emptied and built anew"
    }
}

/// A stream does not hold all events from the first on, so nothing can be built anew from it. Nothing was changed.
public struct StreamTooShort: Error, CustomStringConvertible {
    /// The stream that is too short.
    public let partition: Partition
    /// Which group was to read it again.
    public let group: GroupName
    /// The position at which the stream begins; nil if it is not there, although the group has read it before.
    public let found: Position?

    /// Where the stream begins, and what to do.
    public var description: String {
        guard let found else {
            return """
                the stream \(partition) is not there, although \(group) has read from it: \
                start the relay of its owner, which makes it again, and try again. Nothing was changed
                """
        }
        return """
            the stream \(partition) begins at position \(found), not at 1: its retention has trimmed what came before, \
            and \(group) cannot be built anew from what is left. Nothing was changed
            """
    }
}
