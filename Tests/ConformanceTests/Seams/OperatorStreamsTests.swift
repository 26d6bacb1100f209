import Foundation
import LocalServers
import PerchProtocol
import Redis
import Testing

@testable import Perch
@testable import PerchSimulation

/// What operators are told of streams is the same of one Redis and of a cluster.
@Suite(.timeLimit(.minutes(30))) struct OperatorStreamsTests {
    enum Side: CaseIterable {
        case one, cluster

        /// Runs the scenario on streams that nobody else uses.
        func run(
            _ scenario: @escaping (any SeamServers, OperatorStreams, StreamProbe) throws -> Void
        ) async throws {
            let database = try LocalPostgres.shared().createDatabase()
            switch self {
            case .one:
                try await withLocalRedis { redis in
                    let servers = try RealSeam(redis.url, database)
                    let probe = StreamProbe(url: redis.url, naming: servers.naming)
                    try scenario(servers, try servers.operatorStreams(), probe)
                }
            case .cluster:
                let url = try sharedCluster.get().url
                let servers = try ClusterSeam(url, database)
                try scenario(servers, try servers.operatorStreams(), StreamProbe(url: url, naming: servers.naming))
            }
        }
    }

    /// Another connection to the same streams.
    struct StreamProbe: Sendable {
        let url: String
        let naming: StreamNaming

        func channel() throws -> any RedisChannel { try RedisConfiguration(url: url).channel() }

        /// Makes the key one of another type.
        func spoil(_ partition: Partition) throws {
            try channel().execute(RedisCommand("SET", naming.key(partition), "x"))
        }

        /// Appends an entry of nobody's.
        func append(_ partition: Partition) throws {
            try channel().execute(RedisCommand("XADD", naming.key(partition), "*", "greeting", "hello"))
        }
    }

    @Test(arguments: Side.allCases)
    func theEndsOfAStreamAndWhetherTheLastIsOursAreTold(_ side: Side) async throws {
        try await side.run { servers, streams, _ in
            #expect(try streams.ends(of: first) == StreamEnds(), "it is not there")
            try servers.publish(0, 2)
            let ids = try #require(try servers.relay()[first])
            let source = EventContents.source
            var ends = try streams.ends(of: first, source: source)
            #expect(ends.first == ids[0] && ends.last == ids[1] && ends.length == 2 && !ends.endsForeign)
            try servers.addForeign(first, EntryID(milliseconds: ids[1].milliseconds, position: 3))
            ends = try streams.ends(of: first, source: source)
            #expect(ends.length == 3 && ends.endsForeign)
            #expect(try !streams.ends(of: first).endsForeign, "whose it should be was not told")
        }
    }

    @Test(arguments: Side.allCases)
    func entriesAreFoundByTheirIDsAndTimes(_ side: Side) async throws {
        try await side.run { servers, streams, _ in
            try servers.publish(0, 2)
            let ids = try #require(try servers.relay()[first])
            let source = EventContents.source
            func entries(_ start: StreamStart, _ most: Int) throws -> [EntryID] {
                try streams.entries(of: first, from: start, most: most, source: source).map(\.id)
            }
            #expect(try entries(.at(.zero), 10) == ids && entries(.at(ids[0]), 1) == [ids[0]])
            #expect(try entries(.after(ids[0]), 10) == [ids[1]] && entries(.after(ids[1]), 10) == [])
            let missing = EntryID(milliseconds: ids[1].milliseconds, position: 99)
            #expect(try streams.entry(ids[1], of: first, source: source)?.envelope != nil)
            #expect(try streams.entry(missing, of: first, source: source) == nil)
            #expect(try streams.present([ids[1], missing], in: first) == [ids[1]])
            #expect(try streams.firstEntry(of: first, since: -1) == ids[0])
            #expect(try streams.firstEntry(of: first, since: ids[1].milliseconds + 1) == nil)
            #expect(try streams.lastEntry(of: first, before: ids[1]) == ids[0])
            #expect(try streams.lastEntry(of: first, before: ids[0]) == nil)
            #expect(try streams.entries(of: second, from: .at(.zero), most: 10, source: source).isEmpty)
        }
    }

    @Test(arguments: Side.allCases)
    func entriesBeforePlacesOfManyStreamsAreTold(_ side: Side) async throws {
        try await side.run { servers, streams, probe in
            try servers.publish(0, 2, 0)
            let ids = try #require(try servers.relay()[first])
            try #require(ids.count == 3)
            func entries(_ parts: [OperatorStreams.EntriesBefore]) throws -> [[EntryID]?] {
                try streams.entries(of: parts, source: EventContents.source).map { try? $0.get().map(\.id) }
            }
            let found = try entries([
                .init(first, before: nil, most: 2), .init(second, before: nil, most: 2),
                .init(first, before: ids[2], most: 9),
            ])
            #expect(found == [[ids[2], ids[1]], [], [ids[1], ids[0]]])
            // The trouble of one is its own, and the answers of others are read.
            try probe.spoil(second)
            let rest = try entries([.init(second, before: nil, most: 2), .init(first, before: ids[1], most: 2)])
            #expect(rest == [nil, [ids[0]]] && streams.isUsable)
        }
    }

    @Test(arguments: Side.allCases)
    func whereAGroupIsAndWhatItHasPendingIsTold(_ side: Side) async throws {
        try await side.run { servers, streams, _ in
            try servers.publish(0, 2)
            let ids = try #require(try servers.relay()[first])
            #expect(try streams.groupNames(of: [first, second]) == [[], []])
            #expect(try streams.pending(of: "g0", in: first, most: 1) == nil, "no such group")
            #expect(try streams.pending(of: "g0", in: second, most: 1) == nil, "no such stream")
            let group = try servers.groupStreams()
            try group.rewind(first, to: .zero)
            _ = try group.read([first], count: 10, block: .zero)
            #expect(try streams.groupNames(of: [second, first]) == [[], ["g0"]])
            let pending = try #require(try streams.pending(of: "g0", in: first, most: 1))
            #expect(pending.count == 2 && pending.lowest == ids[0] && pending.highest == ids[1])
            #expect(pending.consumers.map(\.name) == ["w1"] && pending.consumers.map(\.count) == [2])
            #expect(pending.entries.map(\.id) == [ids[0]] && pending.entries.map(\.deliveries) == [1])
            let ends = try streams.ends(of: "g0", in: [(second, nil), (first, ids[0])])
            #expect(ends.map(\.last) == [nil, ids[1]])
            #expect(ends.map(\.next) == [nil, ids[1]])
            #expect(ends.map(\.pending) == [nil, 2])
        }
    }

    @Test(arguments: Side.allCases)
    func aGroupIsSetToAnEntryAndOneThatIsMissingStaysSo(_ side: Side) async throws {
        try await side.run { servers, streams, _ in
            try servers.publish(0, 2)
            let ids = try #require(try servers.relay()[first])
            try streams.set("g0", in: first, to: ids[0])
            try streams.set("g0", in: second, to: .zero)
            #expect(try streams.groupNames(of: [first, second]) == [[], []])
            let group = try servers.groupStreams()
            try group.rewind(first, to: .zero)
            try streams.set("g0", in: first, to: ids[0])
            #expect(try group.read([first], count: 10, block: .zero).batches.map(\.ids) == [[ids[1]]])
        }
    }

    @Test(arguments: Side.allCases)
    func aKeyOfAnotherTypeIsItsOwnTrouble(_ side: Side) async throws {
        try await side.run { servers, streams, probe in
            try probe.spoil(first)
            try servers.publish(1)
            let ids = try #require(try servers.relay()[second])
            let flows = try streams.flows(of: [first, second, Partition("t", 2)], since: 0)
            guard case .troubled(let reason) = flows[0].ends else { Issue.record("\(flows[0])"); return }
            #expect(reason.hasPrefix("WRONGTYPE"))
            #expect(flows[1].ends.value?.last == ids[0] && flows[1].since.value == ids[0])
            guard case .missing = flows[2].ends else { Issue.record("\(flows[2])"); return }
            let ends = try streams.ends(of: "g0", in: [(first, .zero), (second, .zero)])
            #expect(ends.map(\.last) == [nil, ids[0]] && ends.map(\.next) == [nil, ids[0]])
            #expect(streams.isUsable)
            #expect(throws: RedisError.self) { try streams.ends(of: first) }
        }
    }

    @Test(arguments: Side.allCases)
    func aTailHasWhatFollowsAndWaitsForIt(_ side: Side) async throws {
        try await side.run { servers, streams, probe in
            try servers.publish(0, 2, 1)
            let ids = try servers.relay()
            func tail(_ places: [Partition: [EntryID]], _ patience: Duration) throws -> [Partition: [EntryID]] {
                let reads = try streams.tail(
                    past: [first, second].map { ($0, places[$0]?.last ?? .zero) },
                    most: 10,
                    within: patience,
                    source: EventContents.source
                )
                return Dictionary(uniqueKeysWithValues: reads.map { ($0.partition, $0.entries.map(\.id)) })
            }
            #expect(try tail([:], .zero) == ids)
            #expect(try tail([first: [ids[first]![0]], second: ids[second]!], .zero) == [first: [ids[first]![1]]])
            #expect(try tail(ids, .milliseconds(1)) == [:])
            Thread.detachNewThread { try? probe.append(second) }
            let come = try tail(ids, .seconds(3600))
            #expect(Array(come.keys) == [second] && come[second]?.count == 1)
        }
    }

    @Test(arguments: Side.allCases)
    func theServersTellOfThemselves(_ side: Side) async throws {
        try await side.run { _, streams, _ in
            switch try streams.serverFacts() {
            case .one(let info):
                #expect(side == .one && info["role"] == "master" && info["no_such_name"] == nil)
            case .cluster(let masters, let uncovered):
                #expect(side == .cluster && uncovered == 0 && masters.count == 3)
                for (node, facts) in masters {
                    guard case .told(let info, let report) = facts else { Issue.record("\(node)"); continue }
                    #expect(info["cluster_enabled"] == "1")
                    #expect(report.isInOrder && report.wantsAllSlots == false && report.refusal == nil)
                    #expect(report.moves.isEmpty && report.doubts.isEmpty)
                }
            }
            #expect(try streams.time() > 1_500_000_000)
        }
    }

    @Test(arguments: Side.allCases)
    func aBenchLeavesNoStream(_ side: Side) async throws {
        try await side.run { _, streams, _ in
            try streams.withBenchStream(first) { stream in
                try stream.ping()
                try stream.append()
                try stream.append(5)
                try stream.makeGroup()
                try stream.read(10)
                #expect(try streams.ends(of: first).length == 6)
                #expect(try streams.pending(of: "perch-bench", in: first, most: 0)?.count == 6)
            }
            #expect(try streams.ends(of: first) == StreamEnds())
        }
    }
}
