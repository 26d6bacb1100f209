public import Perch

/// Neither a stream nor, for certain, the log it is made from holds all events from the first on: nothing can be built anew
/// from them. Nothing was changed.
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
            the stream \(partition) begins at position \(found), not at 1: what came before was trimmed, and the archive of \
            its topic is not kept for ever, so \(group) cannot be built anew. Nothing was changed
            """
    }
}
