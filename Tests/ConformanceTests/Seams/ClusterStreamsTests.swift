import Foundation
import LocalServers
import PerchProtocol
import Redis
import Testing

@testable import Perch

/// What the seam `Streams` promises of a cluster alone: one partition's trouble is its own.
@Suite(.serialized, .timeLimit(.minutes(30))) struct ClusterStreamsTests {
    @Test func aReadThatWaitsIsWokenByWhoAppends() async throws {
        let cluster = try LocalRedisCluster(replicas: 0)
        let database = try LocalPostgres.shared().createDatabase()
        let servers = try ClusterSeam(cluster.url, database)
        let node = try #require(try cluster.master(of: servers.key(second)))
        let (url, naming) = (cluster.url, servers.naming)
        // Both wait for one another, on threads of their own.
        let (listens, listening) = AsyncStream.makeStream(of: Int.self)
        async let read = onThread {
            defer { listening.finish() }
            let streams = try ClusterSeam(url, database, naming: naming).groupStreams()
            for partition in [first, second] { try streams.rewind(partition, to: .zero) }
            for _ in 0..<3 { _ = try streams.read([first, second], count: 10, block: .milliseconds(1)) }
            listening.yield(try Self.looks(at: node))
            var read = StreamRead()
            while read.batches.isEmpty { read = try streams.read([first, second], count: 10, block: .seconds(3600)) }
            return read.batches.map { [$0.partition: $0.ids] }
        }
        var turns = listens.makeAsyncIterator()
        let looks = await turns.next() ?? 0
        let ids = try await onThread {
            let others = try ClusterSeam(url, database, naming: naming)
            try others.publish(1)
            // It has looked, and found nothing: from here only the bell ends its wait.
            while try Self.looks(at: node) <= looks {}
            return try others.relay()
        }
        #expect(try await read == [ids])
    }

    @Test func aPartitionWhoseNodeIsAwayIsAnsweredForByItself() async throws {
        let cluster = try LocalRedisCluster(replicas: 0)
        let servers = try servers(cluster)
        try servers.publish(0, 1)
        let ids = try servers.relay()
        let (streams, owner) = (try servers.groupStreams(), try servers.ownerStreams())
        for partition in [first, second] {
            try streams.rewind(partition, to: .zero)
            _ = try owner.inspect(partition)
        }
        try #require(try cluster.master(of: servers.key(first))).kill()

        let read = try streams.read([first, second], count: 10, block: .zero)
        #expect(read.batches.map(\.partition) == [second] && read.unread == [first: .away])
        let epoch = Epoch(rawValue: 1)
        let holdings = [first, second].map { Holding(partition: $0, epoch: epoch, checkpoint: .zero) }
        #expect(try streams.peek(holdings) == [.unread(.away), .entry(ids[second]?[0] ?? .zero, isOurs: true)])
        try streams.acknowledge([first, second].map { .init(partition: $0, ids: ids[$0] ?? []) })
        try streams.sweep(holdings)
        try streams.finish()
        #expect(throws: ServerFailure.self) { try streams.rewind(first, to: .zero) }
        try streams.rewind(second, to: .zero)

        // So for who appends.
        let failure = try #require(throws: ServerFailure.self) { try owner.inspect(first) }
        #expect(failure.kind == .away)
        try owner.forgetOutstanding()
        #expect(!owner.isDead)
        #expect(try owner.inspect(second).last == ids[second]?.last)
    }

    /// What ends a read and cannot be read is looked at once more: that look fails.
    @Test func whatFailsBehindTheReadOfOnePartitionSaysNothingOfTheOthersOfItsNode() async throws {
        let cluster = try LocalRedisCluster(replicas: 0)
        let database = try LocalPostgres.shared().createDatabase()
        // Both are of one slot, and so at one node.
        let naming = StreamNaming(namespace: "{\(UUID().uuidString)}")
        let servers = try ClusterSeam(cluster.url, database, naming: naming)
        try servers.addForeign(first, EntryID(milliseconds: 1, position: 1))
        let rights = ["on", ">hunter2", "~*", "&*", "+@all", "-xrange", "(~\(servers.key(second)) +xrange)"]
        for node in cluster.nodes { try #expect(node.cli(["ACL", "SETUSER", "perch"] + rights) == "OK") }
        let url = cluster.url.replacing("redis+cluster://", with: "redis+cluster://perch:hunter2@")
        let streams = try ClusterSeam(url, database, naming: naming).groupStreams()
        for partition in [first, second] { try streams.rewind(partition, to: .zero) }
        let read = try streams.read([first, second], count: 10, block: .zero)
        #expect(read.batches.isEmpty && read.unread == [first: .away])
    }

    @Test func whereNoNodeIsLeftTheConnectionIsLost() async throws {
        let cluster = try LocalRedisCluster(replicas: 0)
        let servers = try servers(cluster)
        let streams = try servers.groupStreams()
        try streams.rewind(first, to: .zero)
        for node in cluster.nodes { node.kill() }
        var kind: ServerFailure.Kind?
        while kind != .lost {
            do {
                _ = try streams.read([first], count: 10, block: .zero)
            } catch {
                kind = ClusterGroupStreams<ClusterConnections>.failure(of: error)?.kind
            }
        }
    }

    @Test func aStreamThatHasMovedIsSaidAndReadAtItsNewNodeOnceItIsRewound() async throws {
        let cluster = try LocalRedisCluster(replicas: 0)
        let servers = try servers(cluster)
        try servers.publish(0, 1)
        let ids = try servers.relay()
        let streams = try servers.groupStreams()
        for partition in [first, second] { try streams.rewind(partition, to: .zero) }
        try move(first, in: cluster, of: servers)
        let read = try streams.read([first, second], count: 10, block: .zero)
        #expect(read.batches.map(\.partition) == [second] && read.unread == [first: .moved])
        try streams.rewind(first, to: .zero)
        #expect(try streams.read([first], count: 10, block: .zero).batches.map(\.ids) == [ids[first]])
    }

    @Test func nothingIsAppendedWhereTheSlotHasMovedOrMovesAndThatIsRaced() async throws {
        let cluster = try LocalRedisCluster(replicas: 0)
        let servers = try servers(cluster)
        try servers.publish(0)
        let ids = try servers.relay()
        try servers.publish(0)
        let (outbox, owner) = (try servers.outbox(), try servers.ownerStreams())
        try outbox.assign(most: 10, except: [])
        let entries = try outbox.collect()[0].entries
        let last = try owner.inspect(first).last
        // On its way: ASK.
        let slot = try cluster.slot(of: servers.key(first))
        let source = try #require(try cluster.master(ofSlot: slot))
        let target = try #require(cluster.nodes.first { $0 !== source })
        try cluster.beginMove(of: slot, from: source, to: target)
        try cluster.moveKeys(of: slot, from: source, to: target)
        #expect(try owner.append(entries, to: first, after: last, inspecting: second).0 == .raced)
        let failure = try #require(throws: ServerFailure.self) { try owner.inspect(first) }
        #expect(failure.kind == .away)
        // There: MOVED.
        try cluster.endMove(of: slot, to: target)
        #expect(try owner.inspect(first).last == last, "it is found there")
        try cluster.move(slot: slot, to: source)
        #expect(try owner.append(entries, to: first, after: last, inspecting: nil).0 == .raced)
        #expect(try owner.inspect(first).last == ids[first]?.last)
        #expect(try owner.append(entries, to: first, after: last, inspecting: second).0 == .appended)
    }

    @Test func whatWasInspectedAtOneNodeIsNotAppendedAtAnotherWithoutALook() async throws {
        let cluster = try LocalRedisCluster(replicas: 0)
        let servers = try servers(cluster)
        try servers.publish(0)
        try servers.relay()
        try servers.publish(0)
        let (outbox, owner) = (try servers.outbox(), try servers.ownerStreams())
        try outbox.assign(most: 10, except: [])
        let entries = try outbox.collect()[0].entries
        let last = try owner.inspect(first).last
        try move(first, in: cluster, of: servers)
        // It learns where the stream is now; what it has watched is elsewhere.
        _ = try owner.readTail(first, after: .zero, most: 10)
        #expect(try owner.append(entries, to: first, after: last, inspecting: nil).0 == .raced)
        #expect(try owner.trim(first, before: last, exactly: true) == nil)
        #expect(try owner.inspect(first).length == 1)
    }

    // MARK: Helpers

    /// Runs what blocks where it keeps no other test from running.
    private func onThread<R: Sendable>(_ body: @escaping @Sendable () throws -> R) async throws -> R {
        try await withCheckedThrowingContinuation { continuation in
            Thread { continuation.resume(with: Result(catching: body)) }.start()
        }
    }

    /// How often a group has read at the node.
    private static func looks(at node: LocalRedis) throws -> Int {
        let line = try node.cli("INFO", "commandstats").firstMatch(of: /cmdstat_xreadgroup:calls=(\d+)/)
        return line.flatMap { Int($0.1) } ?? 0
    }

    private func servers(_ cluster: LocalRedisCluster) throws -> ClusterSeam {
        try ClusterSeam(cluster.url, LocalPostgres.shared().createDatabase())
    }

    private func move(_ partition: Partition, in cluster: LocalRedisCluster, of servers: ClusterSeam) throws {
        let slot = try cluster.slot(of: servers.key(partition))
        let source = try #require(try cluster.master(ofSlot: slot))
        try cluster.move(slot: slot, to: #require(cluster.nodes.first { $0 !== source }))
    }
}
