/// Data that no event can have.
public struct InvalidPayload: Error, Hashable, Sendable, CustomStringConvertible {
    let reason: String

    /// What is wrong with it.
    public var description: String { "the payload is refused: \(reason)" }
}
