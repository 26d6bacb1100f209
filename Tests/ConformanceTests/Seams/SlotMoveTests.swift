import LocalServers
import PerchProtocol
import Testing

@testable import Perch
@testable import PerchSimulation

/// A slot that is handed over from node to node, of a real cluster and of a simulated one.
@Suite(.timeLimit(.minutes(30))) struct SlotMoveTests {
    // Claims 28 and 29
    @Test func atARealClusterNothingIsAppendedAmidAHandoverOrAtTheFormerNode() throws {
        let cluster = try LocalRedisCluster(replicas: 0)
        let servers = try ClusterSeam(cluster.url, LocalPostgres.shared().createDatabase())
        let slot = try cluster.slot(of: servers.key(first))
        let source = try #require(try cluster.master(ofSlot: slot))
        let target = try #require(cluster.nodes.first { $0 !== source })
        try check(
            servers,
            beginHandover: {
                try cluster.beginMove(of: slot, from: source, to: target)
                try cluster.moveKeys(of: slot, from: source, to: target)
            },
            endHandover: { try cluster.endMove(of: slot, to: target) }
        )
    }

    // Claims 28 and 29
    @Test func atASimulatedClusterNothingIsAppendedAmidAHandoverOrAtTheFormerNode() throws {
        try ScriptShell.run(nodes: 2) { shell in
            try check(
                SimulatedClusterSeam(shell: shell),
                sharesMap: true,
                beginHandover: { shell.beginHandover(of: first) },
                endHandover: { shell.endHandover(of: first) }
            )
        }
    }

    /// - Parameter sharesMap: Whether what one of the clients learns of the slot all of them know, as those of one loop of the simulation.
    private func check(
        _ servers: some SeamServers,
        sharesMap: Bool = false,
        beginHandover: () throws -> Void,
        endHandover: () throws -> Void
    ) throws {
        try servers.publish(0)
        let ids = try servers.relay()
        try servers.publish(0)
        let (outbox, owner, late) = (try servers.outbox(), try servers.ownerStreams(), try servers.ownerStreams())
        let group = try servers.groupStreams()
        try outbox.assign(most: 10, except: [])
        let entries = try outbox.collect()[0].entries
        let last = try owner.inspect(first).last
        _ = try late.inspect(first)
        try group.rewind(first, to: .zero)
        try beginHandover()
        #expect(try owner.append(entries, to: first, after: last, inspecting: nil).0 == .raced)
        #expect(throws: ServerFailure.self) { try owner.inspect(first) }
        #expect(try group.read([first], count: 10, block: .zero).unread == [first: .away])
        try endHandover()
        #expect(try late.append(entries, to: first, after: last, inspecting: nil).0 == .raced)
        let unread: [Partition: WorkerInput.Unread] = sharesMap ? [:] : [first: .moved]
        #expect(try group.read([first], count: 10, block: .zero).unread == unread)
        let state = try late.inspect(first)
        #expect(state.last == ids[first]?.last && state.length == 1)
        #expect(try late.append(entries, to: first, after: last, inspecting: nil).0 == .appended)
        try group.rewind(first, to: .zero)
        let read = try group.read([first], count: 10, block: .zero)
        #expect(read.batches.map { $0.ids.map(\.position) } == [[1, 2]])
    }
}
