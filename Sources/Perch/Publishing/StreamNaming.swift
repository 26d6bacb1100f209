/// The Redis keys of partitions: `tickets:0`, or `NAMESPACE:tickets:0` on a Redis that several systems share.
///
/// No hash tags: on a Redis Cluster, which Perch does not speak to yet, a topic's partitions would spread over the nodes.
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
