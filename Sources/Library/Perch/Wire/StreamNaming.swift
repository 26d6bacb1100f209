/// The Redis keys of partitions: `tickets:0`, or `NAMESPACE:tickets:0` on a Redis that several systems share.
///
/// In a Redis Cluster (`redis+cluster://`) streams lie on the nodes as their keys have it; with a namespace that holds a hash tag, such
/// as `{perch}`, all of them are in one slot.
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
