/// The events of a key, over all topics, in the order in which they happened.
public struct KeyTrace: Sendable {
    /// The newest of them, at most as many as were asked for.
    public let journeys: [EventJourney]
    /// There may be older events: the search stopped at its bound.
    public let isCut: Bool
    /// Servers that did not tell.
    public let problems: [ServerProblem]
}
