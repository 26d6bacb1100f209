import Synchronization

/// What connections to a cluster have found, for those that are made by the same configuration after them: who reconnects knows nodes
/// that the URL does not name, and does not wait again for one that is silent.
final class ClusterMemory: Sendable {
    struct Known: Sendable {
        /// Those of the newest map.
        var masters: [ClusterNode] = []
        var failures = NodeFailures()
    }

    private let state = Mutex(Known())

    var known: Known { state.withLock { $0 } }

    func change(_ body: (inout sending Known) -> Void) { state.withLock { body(&$0) } }
}
