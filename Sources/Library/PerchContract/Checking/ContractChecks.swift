/// All topics of a contract, compiled for checking what is published. A connection holds it for its transactions.
package final class ContractChecks: Sendable {
    private let topics: [TopicChecks]

    package init(_ contract: Contract) { topics = contract.topics.map(TopicChecks.init) }

    /// What the events of a type have to be in this version; nil where they are not checked.
    ///
    /// - Throws: `UndeclaredEvent` where the topic, the type or the version is not declared.
    package func version(_ version: Int, of type: EventType, in topic: TopicName) throws(UndeclaredEvent)
        -> VersionChecks?
    {
        for checks in topics where checks.topic == topic {
            if checks.isUnchecked { return nil }
            if let version = checks.version(version, of: type) { return version }
            let violation = checks.undeclared(version, of: type)
            throw UndeclaredEvent(topic: topic, type: type, version: version, violations: [violation])
        }
        let hint = NearestName.hint(for: topic.rawValue, in: topics.map(\.topic.rawValue))
        let violation = Violation(expected: "a topic of the contract", got: "`\(topic)`\(hint)")
        throw UndeclaredEvent(topic: topic, type: type, version: version, violations: [violation])
    }
}
