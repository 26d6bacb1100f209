/// The Redis keys of partitions: `tickets:0`, or `NAMESPACE:tickets:0` on a Redis that several systems share.
///
/// In a Redis Cluster (`redis+cluster://`) a stream's key decides its node. With a hash tag in the namespace, such as `{perch}`, all
/// streams are in one slot.
public struct StreamNaming: Sendable, Hashable {
    /// Prefix of every key; empty by default.
    public var namespace: String

    /// - Parameter namespace: Without the colon that follows it. Default: none.
    public init(namespace: String = "") { self.namespace = namespace }

    /// The key of a partition's stream.
    public func key(_ partition: Partition) -> String {
        namespace.isEmpty ? partition.description : "\(namespace):\(partition)"
    }
}
