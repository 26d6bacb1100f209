/// A group that Redis has and the contract does not declare, and on how many of its topic's partitions it is.
package struct StrayGroup: Sendable, Hashable, CustomStringConvertible {
    package let name: String
    package let partitions: Int

    package var description: String { name }
}
