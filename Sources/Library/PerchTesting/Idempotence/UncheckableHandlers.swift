public import Perch

/// Handlers could not be checked: they fail without any cut, or do not do the same twice.
public struct UncheckableHandlers: Error, CustomStringConvertible {
    /// Whose handlers.
    public let group: GroupName
    /// What stands in the way.
    public let reason: String

    /// One line.
    public var description: String { "the handlers of \(group) cannot be checked: \(reason)" }
}
