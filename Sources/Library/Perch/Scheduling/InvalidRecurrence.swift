/// A recurrence that cannot be, or that this library does not promise to read as its writer means it.
public struct InvalidRecurrence: Error, Sendable, Hashable, CustomStringConvertible {
    /// What was given.
    public let text: String
    /// Which part of it is wrong, what is expected there and what was found.
    public let reason: String

    /// `5 24 * * *: hour: expected 0 to 23, found "24"`
    public var description: String { "\(text): \(reason)" }
}
