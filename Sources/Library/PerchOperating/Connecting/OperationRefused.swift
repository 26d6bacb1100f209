/// A change that was not made, because it would do harm or cannot be done. Nothing was changed.
public struct OperationRefused: Error, Sendable, Hashable, CustomStringConvertible {
    /// Why.
    public let reason: String
    /// What to do instead.
    public let advice: Advice

    /// The reason alone: what helps is a program's to say.
    public var description: String { reason }
}
