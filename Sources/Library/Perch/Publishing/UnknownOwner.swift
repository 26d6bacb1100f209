/// A relay was made for an owner of which the contract has no topic. It would run and do nothing.
public struct UnknownOwner: Error, CustomStringConvertible {
    /// As it was given.
    public let owner: String
    /// The owners that the contract has.
    public let known: [String]

    /// Names the nearest owner, and all that there are.
    public var description: String {
        let all = known.isEmpty ? "it has no topics" : "its owners are \(known.joined(separator: ", "))"
        return "no topic of the contract is owned by \(owner)\(NearestName.hint(for: owner, in: known)); \(all)"
    }
}
