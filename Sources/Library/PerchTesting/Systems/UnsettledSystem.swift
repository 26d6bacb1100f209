/// What was published has not taken effect, and will not.
public struct UnsettledSystem: Error, Hashable, CustomStringConvertible {
    /// One sentence each: a dead letter, an event that the relay refused, one that waits for what nothing brings.
    public let reasons: [String]

    init(_ reasons: [String]) { self.reasons = reasons }

    /// All reasons, a line each.
    public var description: String { (["the system does not settle:"] + reasons).joined(separator: "\n  ") }
}
