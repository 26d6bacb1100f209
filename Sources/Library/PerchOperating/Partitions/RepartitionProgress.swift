public import Perch

/// How far a change has come.
public enum RepartitionProgress: Sendable, Hashable {
    /// Nothing of the topic gets a position any more.
    case held
    /// Groups finish what has one.
    case draining([RepartitionReadiness])
    /// Transactions that publish are waited for; the oldest of them, where that is known.
    case waitingForPublishers(String?)
    /// The topic has its new number.
    case switched(RepartitionPlan)
    /// A group's leases are those of the new layout.
    case told(GroupName)
    /// Positions are given again.
    case letGo
}
