import Foundation
import LocalServers
import Perch
import PerchOperating
import PerchTesting
import Postgres
import Redis
import Testing

@testable import PerchCLI

/// What the commands ask and do, on real servers.
@Suite(.serialized) struct OperatingTests {
    @Test func statusTellsOfTopicsGroupsAndWorkersInOneAnswer() async throws {
        try await withShop { shop in
            try await shop.running {
                try await shop.publish(20)
                try await shop.isProcessed(20)
                let topic = try #require(try await shop.status.topics().first)
                #expect(topic.events == 20 && topic.length == 20 && topic.missing == 0 && topic.problems.isEmpty)
                #expect(topic.partitions.allSatisfy { $0.published == $0.last?.position })
                #expect((topic.rate ?? 0) > 0)
                let group = try #require(try await shop.status.groups().first)
                #expect(group.status.partitions.allSatisfy { $0.isPaused == false && $0.owner != nil })
                #expect(group.subscriptions["orders"]?.isIdempotent == true)
                let worker = try #require(group.workers?.first)
                #expect(worker.isLive && worker.partitions.count == 4)
                #expect(GroupLine.lines(of: group).map(\.state.text) == ["running"])
            }
            #expect(GroupLine.lines(of: try await shop.status.groups()[0]).map(\.state.text) == ["nobody runs it"])
        }
    }

    @Test func lagIsRightAfterATrimWhereRedisKnowsNone() async throws {
        try await withShop { shop in
            try await shop.running {
                try await shop.publish(40)
                try await shop.isProcessed(40)
            }
            try await shop.relaying {
                try await shop.publish(40)
                try await eventually("all are in the streams") { try await shop.status.topics()[0].events == 80 }
            }
            for number in 0..<4 {
                try shop.system.redis.cli("XTRIM", "orders:\(number)", "MAXLEN", "1")
            }
            let line = GroupLine.lines(of: try await shop.status.groups()[0])[0]
            #expect(line.lag == 40)
        }
    }

    @Test func aPausedGroupDoesNothingUntilItIsResumed() async throws {
        try await withShop { shop in
            try await shop.running {
                try await shop.publish(8)
                try await shop.isProcessed(8)
                #expect(try await shop.pauses.pause("shipping", "orders", by: "ann") == 4)
                #expect(try await shop.pauses.pause("shipping", by: "ann") == 0, "paused already")
                try await shop.publish(8)
                // The heartbeat has seen the pause, and a while later still nobody has taken anything.
                try await eventually("the events wait") {
                    GroupLine.lines(of: try await shop.status.groups()[0])[0].lag == 8
                }
                try await shop.afterHeartbeats(4)
                #expect(try await shop.effects() == 8)
                let line = GroupLine.lines(of: try await shop.status.groups()[0])[0]
                #expect(line.state.text == "paused" && line.partitions.allSatisfy { $0.owner == nil })
                #expect(try await shop.pauses.resume("shipping", by: "ann") == 4)
                try await shop.isProcessed(16)
            }
            #expect(try await shop.operations() == ["ann pause shipping orders", "ann resume shipping"])
        }
    }

    @Test func aDryRunOfAPauseTellsWhatThereIsToPause() async throws {
        try await withShop { shop in
            func dry(_ arguments: String...) throws -> String {
                let result = try Tool.run(arguments + ["--dry-run"], environment: shop.environment())
                #expect(result.code == 0, "\(result)")
                return result.out
            }
            #expect(try dry("resume", "shipping") == "Nothing to do: shipping is not paused.\n")
            #expect(try dry("pause", "shipping") == "4 partitions of shipping would be paused.\n")
            #expect(try await shop.pauses.pause("shipping", "orders", by: "ann") == 4)
            #expect(try dry("pause", "shipping", "orders") == "Nothing to do: shipping on orders is paused already.\n")
            #expect(try dry("resume", "shipping") == "4 partitions of shipping would be resumed.\n")
            let restart = "4 partitions of orders in shipping would start again at the checkpoint.\n"
            #expect(try dry("replay", "shipping", "orders", "--pending") == restart)
            let document = try shop.perch("resume", "shipping", "--dry-run", "--json").json()
            #expect(document["partitions"] as? Int == 4 && document["is_done"] as? Bool == false)
            #expect(try await shop.operations() == ["ann pause shipping orders"])

            var environment = try shop.environment()
            environment["SHIPPING_DATABASE_URL"] = "postgresql://127.0.0.1:1/nowhere"
            for command in [["pause", "shipping"], ["replay", "shipping", "orders", "--pending"]] {
                let result = try Tool.run(command + ["--dry-run"], environment: environment)
                #expect(result.code == 2, "\(result)")
            }
        }
    }

    @Test func aPausedPartitionIsNobodysShare() async throws {
        try await withShop { shop in
            #expect(try await shop.pauses.pause("shipping", by: "ann") == 4, "also before any worker has ever started")
            try await shop.running {
                try await shop.publish(8)
                try await eventually("the worker lives") { try await shop.status.workers().workers.count == 1 }
                try await shop.afterHeartbeats(3)
                #expect(try await shop.effects() == 0)
                #expect(try await shop.status.workers().workers[0].partitions.isEmpty)
            }
        }
    }

    @Test func aReplayHandlesThoseEventsAgainInOrderAndSaysSoBefore() async throws {
        try await withShop { shop in
            try await shop.running {
                try await shop.publish(20)
                try await shop.isProcessed(20)
                let plan = try await shop.replays.plan("shipping", "orders", from: .beginning)
                #expect(plan.events == 20 && plan.steps.allSatisfy { $0.after == .zero })
                #expect(try await shop.effects() == 20, "a plan changes nothing")
                try await shop.replays.replay(plan, by: "ann")
                try await shop.isProcessed(20)
                try await eventually("every event was handled twice") { try await shop.handled() == 40 }
                #expect(try await shop.effects() == 20)
                #expect(try await shop.isInOrder())
            }
            #expect(try await shop.operations() == ["ann replay shipping orders"])
            let details = try await shop.database.query("SELECT details->>'events' AS n FROM perch.operations") {
                try $0.decode("n", as: String.self)
            }
            #expect(details == ["20"])
        }
    }

    @Test func aReplayFromAnEntryOrATimeBeginsThere() async throws {
        try await withShop { shop in
            try await shop.running {
                try await shop.publish(40)
                try await shop.isProcessed(40)
            }
            let partition = try #require(
                try await shop.status.topics()[0].partitions.first { ($0.last?.position ?? 0) >= 3 }
            )
            let last = try #require(partition.last)
            let place = try #require(
                EntryID(
                    try shop.system.redis.cli("XREVRANGE", "\(partition.partition)", "+", "-", "COUNT", "2").split(
                        separator: "\n"
                    ).last { EntryID($0) != nil } ?? ""
                )
            )
            #expect(place.position == last.position - 1)
            let plan = try await shop.replays.plan(
                "shipping",
                "orders",
                from: .entry(place),
                only: partition.partition.number
            )
            #expect(plan.events == 2 && plan.steps.map(\.partition) == [partition.partition])
            #expect(plan.steps[0].after.position == place.position - 1)
            let early = try await shop.replays.plan(
                "shipping",
                "orders",
                from: .time(Timestamp(milliseconds: 1))
            )
            #expect(early.events == 40)
            let late = try await shop.replays.plan("shipping", "orders", from: .time(.now + .seconds(60)))
            #expect(late.steps.isEmpty)
            await #expect(throws: OperationRefused.self) {
                try await shop.replays.plan(
                    "shipping",
                    "orders",
                    from: .entry(EntryID(milliseconds: 5, position: 5))
                )
            }
        }
    }

    @Test func aTrimmedStreamIsMadeAgainForAReplay() async throws {
        try await withShop { shop in
            try await shop.running {
                try await shop.publish(40)
                try await shop.isProcessed(40)
                for number in 0..<4 { try shop.system.redis.cli("XTRIM", "orders:\(number)", "MAXLEN", "1") }
                let plan = try await shop.replays.plan("shipping", "orders", from: .beginning)
                #expect(plan.events == 40)
                #expect(plan.notes.contains { $0.contains("makes it again from its log") })
                try await shop.replays.replay(plan, by: "ann")
                try await eventually("every event was handled twice") { try await shop.handled() == 80 }
                #expect(try await shop.isInOrder())
            }
        }
    }

    @Test func aReplayIsRefusedWhereItWouldTakeEffectTwice() async throws {
        try await withShop(isIdempotent: false) { shop in
            await #expect("it is not known before a worker has started") {
                try await shop.replays.plan("shipping", "orders", from: .beginning)
            } throws: { "\($0)".contains("no worker of it has ever started") }
            try await shop.running {
                try await shop.publish(4)
                try await shop.isProcessed(4)
            }
            let before = try await shop.checkpoints()
            await #expect("it declares neither") {
                try await shop.replays.plan("shipping", "orders", from: .beginning)
            } throws: { "\($0)".contains("neither is idempotent by event id nor declares a reset") }
            #expect(try await shop.checkpoints() == before)
            #expect(try await shop.operations().isEmpty)
        }
    }

    @Test(arguments: ["0199c1d2-9c5d-4e6f-8a7b-2c3d4e5f6071", "0199c1d2-9c5d-7e6f-8a7b-2c3d4e5f6071"])
    func anEventIsFoundByItsIDInEachPartitionThatHasIt(text: String) async throws {
        try await withShop { shop in
            let id = try #require(UUID(uuidString: text))
            // Of the version 7 it says when it was made; that of partition 2 was there before.
            let made: Int64 = 0x0199_c1d2_9c5d
            let rows: [(partition: Int32, position: Int64, milliseconds: Int64, id: UUID)] = [
                (0, 1, made - 5000, UUID()), (0, 2, made + 10, id), (0, 3, made + 20, UUID()),
                (1, 1, made, UUID()), (2, 1, made - 5000, id), (2, 2, made + 10, UUID()), (3, 1, made, id),
            ]
            try await shop.database.execute(
                """
                INSERT INTO perch.log (topic, partition, position, milliseconds, event_id, type, version, key, time, data)
                SELECT 'orders', r.partition, r.position, r.milliseconds, r.id, 'order_counted', 1, 'a', now(), '{}'
                FROM unnest(
                    \(rows.map(\.partition)), \(rows.map(\.position)), \(rows.map(\.milliseconds)), \(rows.map(\.id))
                ) AS r (partition, position, milliseconds, id)
                """
            )
            try await shop.database.execute(
                """
                INSERT INTO perch.outbox (topic, partition, event_id, type, key, data, is_checked)
                VALUES ('orders', 1, \(id), 'order_counted', 'a', '{}', true),
                    ('orders', 3, \(id), 'order_counted', 'a', '{}', true)
                """
            )
            let found = try await shop.journeys.event(id, in: Samples.orders).journeys.map(\.event)
            let isDated = text.hasPrefix("0199c1d2-9c5d-7")
            #expect(found.map(\.partition.number) == (isDated ? [0, 1, 3] : [0, 1, 2, 3]))
            #expect(found.first?.entryID == EntryID(milliseconds: made + 10, position: 2))
            #expect(found.first?.seenIn == [.log] && found.last?.seenIn == [.log, .outbox])
            #expect(found[1].seenIn == [.outbox] && found[1].entryID == nil)
            let other = try await shop.journeys.event(UUID(), in: Samples.orders)
            #expect(other.journeys.isEmpty && other.problems.isEmpty)
        }
    }

    @Test func startingAgainAtTheCheckpointChangesNoEffect() async throws {
        try await withShop(isIdempotent: false) { shop in
            try await shop.running {
                try await shop.publish(20)
                try await shop.isProcessed(20)
                let epochs = try await shop.epochs()
                #expect(try await shop.replays.restartAtCheckpoint("shipping", "orders", by: "ann") == 4)
                try await shop.publish(20)
                try await shop.isProcessed(40)
                #expect(try await shop.epochs() >= epochs + 8, "raised, and raised again by the new acquisition")
                #expect(try await shop.handled() == 40)
            }
        }
    }

    @Test func anEventIsFollowedFromTheOutboxToEachGroup() async throws {
        try await withShop { shop in
            let published = try await shop.publications.publish(
                Samples.orders,
                "order_counted",
                key: "a",
                data: Array(#"{"order":"a","count":1}"#.utf8),
                by: "ann"
            )
            let waiting = try #require(try await shop.journeys.trace(key: "a", limit: 10).journeys.first)
            #expect(waiting.event.seenIn == [.outbox] && waiting.event.entryID == nil)
            #expect(waiting.steps.map(\.state) == [.waiting])
            try await shop.relaying {
                try await eventually("it is in the stream") {
                    try await shop.journeys.trace(key: "a", limit: 10).journeys.first?.event.seenIn == [.log, .stream]
                }
            }
            #expect(try await shop.journeys.trace(key: "a", limit: 10).journeys[0].steps.map(\.state) == [.waiting])
            try await shop.running { try await shop.isProcessed(1) }
            let found = try await shop.journeys.event(published.id, in: Samples.orders).journeys
            #expect(found.map(\.event.envelope.id) == [published.id])
            #expect(found[0].steps.map(\.state) == [.committed])
            let place = try #require(found[0].event.entryID)
            #expect(
                try await shop.journeys.events(at: place, in: Samples.orders).journeys.map(\.event.envelope.id) == [
                    published.id
                ]
            )
            // What is no longer in Redis is found in the log.
            try shop.system.redis.cli("DEL", "\(published.partition)")
            #expect(
                try await shop.journeys.event(published.id, in: Samples.orders).journeys.map(\.event.seenIn) == [[.log]]
            )
            try await shop.database.execute(
                """
                INSERT INTO perch.failed_events
                    (group_name, topic, partition, position, entry_id, event_id, type, version, subject, time, payload, state, error,
                    attempts)
                SELECT 'shipping', topic, partition, position, '1-1', event_id, type, version, key, time, '', 'dead', 'no stock', 1
                FROM perch.log
                """
            )
            let dead = try await shop.journeys.trace(key: "a", limit: 10).journeys[0]
            #expect(dead.steps.map(\.state) == [.dead] && dead.steps[0].failure?.error == "no stock")
            #expect(JourneyText.timeline([dead], Screen(width: nil)).text.contains("dead after 1 attempt"))
            #expect(try await shop.operations() == ["ann publish orders \(published.id.text)"])
        }
    }

    @Test func anEventThatIsNotAsTheContractSaysIsNotPublished() async throws {
        try await withShop { shop in
            let cases: [(type: EventType, key: String, data: String, says: String)] = [
                ("order_conted", "a", #"{"order":"a","count":1}"#, "Did you mean order_counted?"),
                ("order_counted", "a", #"{"order":"a"}"#, "count: expected"),
                ("order_counted", "a", #"{"order":"b","count":1}"#, "the key is a"),
                ("order_counted", "a", "no json", "JSON"),
            ]
            for (type, key, data, says) in cases {
                await #expect("\(says)") {
                    try await shop.publications
                        .publish(Samples.orders, type, key: key, data: Array(data.utf8), by: "ann")
                } throws: { ($0 as? OperationRefused)?.sentences.contains(says) == true }
            }
            let waiting = try await shop.status.topics()[0].waiting
            #expect(waiting == 0)
        }
    }

    @Test func aTailShowsWhatComesAndMovesNoGroup() async throws {
        try await withShop { shop in
            let system = try shop.connections()
            let live = TopicTail(system, topic: Samples.orders, from: .end)
            #expect(try await live.next(within: .milliseconds(1)).isEmpty)
            try await shop.relaying {
                try await shop.publish(12)
                var seen: [TopicTail.Entry] = []
                try await eventually("all came") {
                    seen += try await live.next()
                    return seen.count >= 12
                }
                #expect(seen.compactMap(\.envelope).count == 12)
                let again = TopicTail(system, topic: Samples.orders, from: .beginning)
                var count = 0
                try await eventually("all are read again") {
                    count += try await again.next(limit: 2).count
                    return count == 12
                }
            }
            #expect(try await shop.status.groups()[0].status.partitions.allSatisfy { $0.pending == nil })
        }
    }

    @Test func pendingIsSummedAndListedWithinBounds() async throws {
        try await withShop { shop in
            try await shop.relaying {
                try await shop.publish(50)
                try await eventually("all are in the streams") { try await shop.status.topics()[0].events == 50 }
            }
            for number in 0..<4 {
                try shop.system.redis.cli("XGROUP", "CREATE", "orders:\(number)", "shipping", "0")
                try shop.system.redis.cli(
                    "XREADGROUP",
                    "GROUP",
                    "shipping",
                    "worker-1",
                    "STREAMS",
                    "orders:\(number)",
                    ">"
                )
            }
            let (partitions, problems) = try await shop.status.pending(of: "shipping", limit: 2)
            #expect(problems.isEmpty && partitions.reduce(0) { $0 + $1.count } == 50)
            #expect(partitions.allSatisfy { $0.entries.count == min(2, Int($0.count)) })
            #expect(Set(partitions.flatMap(\.consumers).map(\.name)) == ["worker-1"])
        }
    }

    @Test func theDoctorNamesWhatIsWrongAndWhatToDo() async throws {
        try await withShop { shop in
            try await shop.running {
                try await shop.publish(4)
                try await shop.isProcessed(4)
                let well = try await shop.problems()
                #expect(well.isEmpty)
            }
            try shop.system.redis.cli("CONFIG", "SET", "maxmemory-policy", "allkeys-lru")
            try await shop.publish(1)
            _ = try await shop.database.execute("UPDATE perch.outbox SET time = time - interval '1 hour'")
            let newest = Int32(Migration.perch.count)
            _ = try await shop.database.execute(
                "DELETE FROM perch.migrations WHERE component = 'perch' AND version = \(newest)"
            )
            let found = try await shop.problems().joined(separator: "\n")
            let says = ["allkeys-lru", "nobody runs it", "wait in the outbox", "the schema perch is at version"]
            for words in says { #expect(found.contains(words), "\(words): \(found)") }
        }
    }
}
