/// The connections to the nodes of a cluster: `ClusterConnections`, or those to nodes that are simulated.
///
/// What it promises is what `ClusterConnections` promises of the members of these names.
package protocol NodeConnections: AnyObject {
    associatedtype Channel: RedisChannel
    associatedtype Bells: NodeBells
    var isCutOff: Bool { get }
    var standing: [ClusterNode] { get }
    func standing(of node: ClusterNode) -> Channel?
    func node(of slot: HashSlot) throws(RedisError) -> ClusterNode
    func connection(to node: ClusterNode) throws -> Channel
    @discardableResult
    func note(_ error: RedisError, from node: ClusterNode) -> ClusterTrouble?
    func drop(_ node: ClusterNode)
    /// - Parameter interruption: A descriptor that ends a wait when it can be read; below zero: none.
    func bells(interruption: Int32) -> Bells
}

/// What rings where something is appended: `ClusterBells`, or those of nodes that are simulated.
package protocol NodeBells: AnyObject {
    func wait(for channels: [ClusterNode: [String]], atMost limit: Duration) -> Set<String>
    func forgetRings()
}

extension ClusterConnections: NodeConnections {
    package func bells(interruption: Int32) -> ClusterBells { ClusterBells(self, interruption: interruption) }
}

extension ClusterBells: NodeBells {}
