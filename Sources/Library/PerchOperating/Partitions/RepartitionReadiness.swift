public import Perch

/// How near a group is to having finished a topic.
public struct RepartitionReadiness: Sendable, Hashable {
    /// The group.
    public let group: GroupName
    /// How many events it has yet to read.
    public let behind: Int64
    /// Events that are tried again by themselves, and those that are held behind others.
    public let failed: Int, held: Int
    /// Dead letters.
    public let dead: Int
    /// What keeps it from finishing; nil if it only takes time.
    public let hindrance: RepartitionHindrance?

    /// It has read all, and nothing of it failed.
    public var isFinished: Bool { behind == 0 && hindrance == nil }

    /// `accounting has 12 events to read, 3 failed and 1 held`.
    public var summary: String {
        var parts: [String] = []
        if behind > 0 { parts.append("\(behind) events to read") }
        if failed > 0 { parts.append("\(failed) failed") }
        if held > 0 { parts.append("\(held) held") }
        if dead > 0 { parts.append("\(dead) dead letters") }
        return parts.isEmpty ? "\(group) has read all" : "\(group) has " + parts.joined(separator: ", ")
    }
}
