/// How far a reassignment is within its transaction: nobody else sees anything of it before the commit.
public struct ReassignmentProgress: Sendable, Hashable {
    /// How many tickets have been drawn a new assignee and sent to the server.
    public let drawn: Int
    /// How many there are.
    public let total: Int

    /// What is left is the commit.
    public var isCommitting: Bool { drawn == total }
}
