/// Why a group does not finish a topic by itself.
public struct RepartitionHindrance: Sendable, Hashable {
    /// What it is, with the group's name.
    public let reason: String
    /// What to do about it.
    public let advice: Advice
    /// It may also end by itself.
    public let mayPass: Bool
}
