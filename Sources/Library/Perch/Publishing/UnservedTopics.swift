/// A relay is to serve an owner of whom the contract has no topic. It would run and do nothing.
public struct UnknownOwner: Error, CustomStringConvertible {
    /// As it was given.
    public let owner: String
    /// The owners that the contract has.
    public let known: [String]

    /// Names the nearest owner, and all that there are.
    public var description: String {
        let all = known.isEmpty ? "it has no topics" : "its owners are \(known.joined(separator: ", "))"
        return "no topic of the contract is owned by \(owner)\(NearestName.hint(for: owner, in: known)); \(all)"
    }
}

/// The contract gives an owner topics that its database does not have: nothing can be published to them.
public struct TopicsNotDeclared: Error, CustomStringConvertible {
    /// Those that are missing.
    public let topics: [TopicName]
    /// Which database: user, host, port and name.
    public let database: String

    /// Which, where, and how they are declared.
    public var description: String {
        """
        \(database) does not have \(topics.map(\.rawValue).joined(separator: ", ")): run the service's migrations with this \
        contract (`declareTopics`), correct the name in streams/, or correct the database's URL
        """
    }
}
