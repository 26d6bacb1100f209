/// The contract gives an owner topics that its database does not have: nothing can be published to them.
public struct TopicsNotDeclared: Error, CustomStringConvertible {
    /// Those that are missing.
    public let topics: [TopicName]
    /// Which database: user, host, port and name.
    public let database: String

    /// Which, where, and how they are declared.
    public var description: String {
        """
        \(database) does not have \(topics.map(\.rawValue).joined(separator: ", ")): prepare it with this \
        contract (`ServiceDatabase.prepare`), correct the name in streams/, or correct the database's URL
        """
    }
}
