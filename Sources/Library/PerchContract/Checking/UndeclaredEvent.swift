/// An event that is not as the contract declares it, and was not published.
///
/// The program that publishes it is wrong, or its contract is out of date: trying again does not help.
public struct UndeclaredEvent: Error, Hashable, Sendable, CustomStringConvertible {
    /// Where it was to be published.
    public let topic: TopicName
    /// The type of the event.
    public let type: EventType
    /// The version that the event says it is of.
    public let version: Int
    /// All that is wrong, never empty.
    public let violations: [Violation]

    /// What was expected and what is there, without data:
    /// `user_wage_paid/1 is not as topic wages declares it: amount: expected 1 or more, got an integer`
    public var description: String { text(violations.map(\.publicDescription)) }

    /// The same with the data, shortened.
    public var fullDescription: String { text(violations.map(\.description)) }

    private func text(_ violations: [String]) -> String {
        "\(type)/\(version) is not as topic \(topic) declares it: \(violations.joined(separator: "; "))"
    }
}
