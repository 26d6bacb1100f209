import Foundation
import LocalServers
import Perch
import PerchOperating
import PerchTesting
import Postgres
import Testing

@testable import PerchCLI

/// Who has changed what, on real servers.
@Suite(.serialized) struct AuditTests {
    @Test func aServiceThatTheContractDoesNotNameIsAskedToo() async throws {
        try await withShop { shop in
            let url = try LocalPostgres.shared().createDatabase()
            let configuration = try PostgresConfiguration(url: url)
            let connection = try PostgresConnection(configuration)
            var connections = try shop.connections()
            connections.databases["clock"] = configuration
            let before = try await SystemDiagnosis(OperatedSystem(connections)).findings()
            #expect(before.contains { $0.finding == .schemaMissing(service: "clock") })

            try ServiceDatabase.prepare(connection, owner: "clock", contract: shop.system.contract)
            try connection.execute(
                "INSERT INTO perch.operations (operator, action, group_name, target) VALUES ('ann', 'run schedule', NULL, 'clock/tick')"
            )
            let page = try await AuditTrail(OperatedSystem(connections)).records()
            #expect(page.records.map(\.id.service) == ["clock"] && page.problems.isEmpty)
            let after = try await SystemDiagnosis(OperatedSystem(connections)).findings()
            #expect(after.contains { $0.finding == .schemaVersion(service: "clock", version: Migration.perch.count) })
        }
    }

    @Test func whatOperatorsDidIsListedTheNewestFirstAndPageByPage() async throws {
        try await withShop { shop in
            try await shop.fail(3)
            let failed = FailedEvents(shop.database, of: "shipping")
            #expect(try await failed.discard(id: 2, reason: "a test", by: "eve"))
            _ = try await failed.retry(id: 1, payload: Array(#"{"order":"order-1","count":5}"#.utf8), by: "ann")
            // Many of one moment, as a bulk writes them.
            _ = try await shop.database.execute(
                """
                INSERT INTO perch.operations (at, operator, action, group_name, target)
                SELECT '2020-01-01', 'bulk', 'retry_failed', 'shipping', 'number ' || i FROM generate_series(1, 25) AS i
                """
            )
            let trail = AuditTrail(shop.operated)
            var paged: [AuditRecord] = []
            var page = try await trail.records(limit: 10)
            while true {
                paged += page.records
                guard page.isCut, let last = page.records.last else { break }
                page = try await trail.records(limit: 10, before: last)
            }
            #expect(paged.map(\.action).prefix(2) == ["retry_corrected", "discard_failed"])
            #expect(
                paged.count == 27 && Set(paged.map(\.id)).count == 27,
                "each once, though two services share the database"
            )
            #expect(paged.dropFirst(2).map(\.target) == (1...25).reversed().map { "number \($0)" })
            #expect(page.problems.isEmpty)

            var filter = AuditTrail.Filter()
            filter.by = "eve"
            #expect(try await trail.records(filter: filter).records.map(\.target) == ["failed event 2"])
            filter = .init()
            filter.text = "a test"
            #expect(try await trail.records(filter: filter).records.map(\.by) == ["eve"])
            filter = .init()
            filter.since = Timestamp.now + .seconds(-86_400)
            #expect(try await trail.records(filter: filter).records.map(\.by) == ["ann", "eve"])

            let listed = try shop.perch("audit", "--action", "discard_failed", "--json").json()
            let records = try #require(listed["records"] as? [[String: Any]])
            let record = try #require(records.first)
            #expect(records.count == 1 && record["by"] as? String == "eve" && record["group"] as? String == "shipping")
            let details = try #require(record["details"] as? [String: Any])
            #expect(details["reason"] as? String == "a test" && details["payload"] == nil, "data is not in a list")
            let id = try #require(record["id"] as? String)
            let shown = try shop.perch("audit", "--show", id, "--json").json()
            #expect((shown["details"] as? [String: Any])?["payload"] is String)
            let text = try shop.perch("audit", "--limit", "1")
            #expect(text.out.contains("retry_corrected") && text.out.contains("There are older ones"), "\(text)")
            let none = try shop.perch("audit", "--show", "shop/9999")
            #expect(none.code == 1 && none.error.contains("there is no record shop/9999"), "\(none)")
        }
    }

    @Test func whatOneOperationHasChangedIsFoundByItsID() async throws {
        try await withShop { shop in
            let (system, id) = (shop.operated, UUID.v7())
            _ = try await shop.database.execute(
                """
                INSERT INTO perch.schedules (service, name, recurrence, time_zone, missed)
                VALUES ('shop', 'tick', '* * * * *', 'GMT', 'all')
                """
            )
            let schedules = Schedules(system)
            for operation in [id, nil, UUID.v7()] {
                #expect(try await schedules.pause("tick", by: "ann", operation: operation))
                #expect(try await schedules.resume("tick", by: "ann", operation: operation))
            }
            #expect(try await schedules.run("tick", by: "ann", operation: id))
            #expect(try await schedules.forget("tick", by: "ann", operation: id))
            let published = try await shop.publications.publish(
                Samples.orders,
                "order_counted",
                key: "a",
                data: Array(#"{"order":"a","count":1}"#.utf8),
                by: "ann",
                operation: id
            )
            _ = try await shop.database.execute("DELETE FROM perch.outbox")
            try await PartitionChanges(system).repartition("orders", to: 8, by: "ann", operation: id)
            var filter = AuditTrail.Filter()
            filter.operation = id
            let found = try await AuditTrail(system).records(filter: filter)
            let expected = [
                "let go orders", "partitions shipping orders", "partitions orders", "hold orders",
                "publish orders \(published.id.uuidString.lowercased())", "forget schedule shop/tick",
                "run schedule shop/tick", "resume schedule shop/tick", "pause schedule shop/tick",
            ]
            #expect(found.records.map { "\($0.action) \($0.target)" } == expected)
            #expect(try await AuditTrail(system).records().records.count == expected.count + 4)
            let listed = try shop.perch("audit", "--operation", id.uuidString, "--json").json()
            #expect((listed["records"] as? [Any])?.count == expected.count)
            let wrong = try shop.perch("audit", "--operation", "17")
            #expect(wrong.code == 64 && wrong.error.contains("--operation"), "\(wrong)")
        }
    }

    @Test func whoMayNotSeePrivateDataIsShownNoErrorOfATargetAndFindsNone() async throws {
        try await withShop { shop in
            let trail = AuditTrail(shop.operated)
            let texts: [(error: String?, pattern: String?)] = [
                ("no \"stock\": 50%", nil), (nil, "no \"stock\n"), ("50%", "errors like \"x"),
            ]
            for text in texts {
                var chosen = FailedEvents.Filter()
                (chosen.error, chosen.errorPattern) = (text.error, text.pattern)
                (chosen.key, chosen.olderThan) = ("order-1", .zero)
                _ = try await shop.database.execute(
                    """
                    INSERT INTO perch.operations (operator, action, group_name, target, details)
                    VALUES ('ann', 'retry_failed', 'shipping', \(chosen.description), '{"ids": [1]}')
                    """
                )
                let record = try #require(try await trail.records(limit: 1).records.first)
                let word = text.error == nil ? "errors like" : "error with"
                #expect(
                    record.masked(in: Samples.contract).target
                        == "failed events: key order-1; \(word) \"•••\"; older than 0.0 seconds"
                )
            }
            func found(_ text: String, looksAtData: Bool) async throws -> Int {
                var filter = AuditTrail.Filter()
                (filter.text, filter.looksAtData) = (text, looksAtData)
                return try await trail.records(filter: filter).records.count
            }
            for (text, all, shown) in [
                ("order-1", 3, 3), ("older than", 3, 3), ("•••", 0, 3), ("stock", 2, 0), ("50%", 2, 0), ("ids", 3, 0),
            ] {
                #expect(try await found(text, looksAtData: true) == all, "\(text)")
                #expect(try await found(text, looksAtData: false) == shown, "\(text)")
            }
        }
    }

    @Test func anEventThatIsPublishedTwiceUnderOneIDIsPublishedOnce() async throws {
        try await withShop { shop in
            let id = UUID.v7()
            let data = Array(#"{"order":"a","count":1}"#.utf8)
            let others = [try shop.reachedAnew(), try shop.reachedAnew(), try shop.reachedAnew()]
            let published = try await withThrowingTaskGroup(of: OperatorPublication.self) { tasks in
                for system in others + [shop.operated] {
                    tasks.addTask {
                        try await Publications(system)
                            .publish(Samples.orders, "order_counted", key: "a", data: data, by: "ann", id: id)
                    }
                }
                return try await tasks.reduce(into: []) { $0.append($1) }
            }
            #expect(published.count(where: { !$0.isRepeated }) == 1 && published.allSatisfy { $0.id == id })
            let again = try shop.perch(
                "publish",
                "orders",
                "order_counted",
                "--key",
                "a",
                "--data",
                String(decoding: data, as: UTF8.self),
                "--id",
                id.uuidString,
                "--yes",
                "--json"
            )
            #expect(try again.json()["is_repeated"] as? Bool == true, "\(again)")
            #expect(try await shop.number("SELECT count(*) AS n FROM perch.outbox") == 1)
            #expect(try await shop.operations() == ["ann publish orders \(id.uuidString.lowercased())"])
        }
    }
}
