import Foundation
import LocalServers
import Perch
import PerchTesting
import Postgres
import Testing

/// `assertIdempotent` finds each way in which a handler can be wrong, and nothing in those that are right.
@Suite(.timeLimit(.minutes(30))) struct IdempotenceTests {
    private static let events = [
        KitOrder("order-1", cents: 500), KitOrder("order-2", cents: 700), KitOrder("order-1", cents: 200),
    ]

    /// What is found in a handler; nil: nothing.
    private func found(
        in handler: ScriptedHandler,
        tables: String,
        ignoring columns: Set<String> = []
    ) async throws -> NotIdempotent? {
        let billing = KitShop.billing(
            handling: handler,
            migrations: [Migration(version: 1, name: "tables", sql: tables)]
        )
        do {
            try await assertIdempotent(billing, Self.events, contract: KitShop.contract(), ignoring: columns)
            return nil
        } catch let error as NotIdempotent {
            return error
        }
    }

    @Test func handlersThatGuardByTheEventsIDPass() async throws {
        try await assertIdempotent(KitShop.billing, Self.events, contract: KitShop.contract())
    }

    @Test func anInsertWithoutAGuardIsFound() async throws {
        let handler = ScriptedHandler { order, _, tx in
            try tx.execute("INSERT INTO sales (order_id, cents) VALUES (\(order.orderID), \(order.cents))")
        }
        let found = try await found(in: handler, tables: "CREATE TABLE sales (order_id text, cents bigint)")
        #expect(found?.cut == .crashAfterCommit)
        #expect(
            found?.description == """
                billing is not idempotent: order_placed of key order-1 (event 1 of 3) is another one after a crash between \
                COMMIT and XACK, when it came again.
                  table public.sales has 1 row too many: {cents: 500, order_id: order-1}
                """
        )
    }

    @Test func aCounterWithoutAGuardIsFoundWithItsRowAndColumn() async throws {
        let handler = ScriptedHandler { order, _, tx in
            try tx.execute(
                """
                INSERT INTO totals (order_id, cents, orders) VALUES (\(order.orderID), \(order.cents), 1)
                ON CONFLICT (order_id) DO UPDATE SET cents = totals.cents + excluded.cents, orders = totals.orders + 1
                """
            )
        }
        let tables = "CREATE TABLE totals (order_id text PRIMARY KEY, cents bigint, orders int)"
        let found = try await found(in: handler, tables: tables)
        #expect(found?.cut == .crashAfterCommit)
        #expect(
            found?.difference
                == "table public.totals, row {order_id: order-1}: cents is 1000 instead of 500, orders is 2 instead of 1"
        )
    }

    @Test func anEventThatIsPublishedTheSecondTimeIsFound() async throws {
        let handler = ScriptedHandler { order, delivery, tx in
            try tx.execute("INSERT INTO seen VALUES (\(delivery.id)) ON CONFLICT DO NOTHING")
            try tx.publish(KitInvoice(orderID: order.orderID))
        }
        let found = try await found(in: handler, tables: "CREATE TABLE seen (event_id uuid PRIMARY KEY)")
        #expect(found?.cut == .crashAfterCommit)
        #expect(
            found?.difference.hasPrefix("what is published has 1 row too many: {data.order_id: order-1") == true,
            "\(found as Any)"
        )
    }

    @Test func anEventThatIsDelayedTheSecondTimeIsFound() async throws {
        let handler = ScriptedHandler { order, delivery, tx in
            try tx.execute("INSERT INTO seen VALUES (\(delivery.id)) ON CONFLICT DO NOTHING")
            try tx.publish(KitInvoice(orderID: order.orderID), notBefore: Timestamp.now + .seconds(3600))
        }
        let found = try await found(in: handler, tables: "CREATE TABLE seen (event_id uuid PRIMARY KEY)")
        #expect(found?.cut == .crashAfterCommit)
        #expect(found?.difference.hasPrefix("what is published has 1 row too many") == true, "\(found as Any)")
    }

    /// A value that has `now` in it is not drawn by a clock.
    @Test(arguments: ["unknown", "now()", "as of CURRENT_DATE", "it''s now()", "localtime", "nextval(''x'')"])
    func aColumnWhoseDefaultIsAWordIsCompared(_ word: String) async throws {
        let handler = ScriptedHandler { _, _, tx in
            try tx.execute("UPDATE counts SET state = state || 'x'")
        }
        let tables =
            "CREATE TABLE counts (id int PRIMARY KEY, state text DEFAULT '\(word)'); INSERT INTO counts VALUES (1)"
        #expect(try await found(in: handler, tables: tables) != nil)
    }

    @Test func eventsThatNobodyTakesAreNotTakenForChecked() async throws {
        let nobody = TestService("billing")
        await #expect(throws: UncheckableHandlers.self) {
            try await assertIdempotent(nobody, Self.events, contract: KitShop.contract())
        }
    }

    @Test func aHandlerThatFailsTheSecondTimeIsFoundWithItsError() async throws {
        let handler = ScriptedHandler { _, delivery, tx in try tx.execute("INSERT INTO seen VALUES (\(delivery.id))") }
        let found = try await found(in: handler, tables: "CREATE TABLE seen (event_id uuid PRIMARY KEY)")
        #expect(found?.cut == .crashAfterCommit)
        #expect(found?.difference.contains("its handler has thrown") == true)
        #expect(found?.difference.contains("23505") == true, "\(found as Any)")
    }

    @Test func whatIsWrittenOutsideOfTheTransactionIsFound() async throws {
        let cluster = try LocalPostgres.shared()
        let handler = ScriptedHandler { order, delivery, tx in
            // As somebody would who opens a second connection in a handler.
            let database = try tx.query("SELECT current_database()::text") { try $0.decode(0, as: String.self) }
            let other = try PostgresConnection(PostgresConfiguration(url: cluster.url(database: database.first ?? "")))
            try other.execute("INSERT INTO mails (order_id) VALUES (\(order.orderID))")
            try tx.execute("INSERT INTO seen VALUES (\(delivery.id)) ON CONFLICT DO NOTHING")
        }
        let found = try await found(
            in: handler,
            tables: "CREATE TABLE mails (order_id text); CREATE TABLE seen (event_id uuid PRIMARY KEY)"
        )
        #expect(found?.cut == .crashBeforeCommit)
        #expect(found?.difference == "table public.mails has 1 row too many: {order_id: order-1}")
    }

    @Test func anOldEventThatOverwritesANewerStateIsFoundByItsReplay() async throws {
        let handler = ScriptedHandler { order, _, tx in
            try tx.execute(
                """
                INSERT INTO latest VALUES (\(order.orderID), \(order.cents))
                ON CONFLICT (order_id) DO UPDATE SET cents = excluded.cents
                """
            )
        }
        let found = try await found(
            in: handler,
            tables: "CREATE TABLE latest (order_id text PRIMARY KEY, cents bigint)"
        )
        #expect(found?.cut == .replay)
        #expect(found?.event == "order_placed of key order-1 (event 1 of 3)")
        #expect(found?.difference == "table public.latest, row {order_id: order-1}: cents is 500 instead of 200")
    }

    @Test func aStateThatDependsOnTheOrderOfKeysIsFoundUnlessItIsIgnored() async throws {
        let handler = ScriptedHandler { order, delivery, tx in
            try tx.execute(
                """
                INSERT INTO book (event_id, cents, balance)
                SELECT \(delivery.id), \(order.cents), \(order.cents) + (SELECT coalesce(sum(cents), 0) FROM book)
                ON CONFLICT DO NOTHING
                """
            )
        }
        let tables = "CREATE TABLE book (event_id uuid PRIMARY KEY, cents bigint, balance numeric)"
        let found = try await found(in: handler, tables: tables)
        #expect(found?.cut == .otherOrderOfKeys)
        #expect(found?.difference.contains("balance is ") == true, "\(found as Any)")
        #expect(try await self.found(in: handler, tables: tables, ignoring: ["book.balance"]) == nil)
    }

    @Test func aGuardThatLooksBeforeItsBatchOnlyIsFoundByASecondEntry() async throws {
        struct BookBatch: BatchHandler {
            let types = [KitOrder.type]
            func handle(_ batch: [Delivery], in tx: borrowing Transaction) throws {
                try tx.execute(
                    """
                    INSERT INTO seen SELECT id FROM unnest(\(batch.map(\.id))) AS id
                    WHERE NOT EXISTS (SELECT FROM seen WHERE event_id = id)
                    """
                )
            }
        }
        let orders = Subscription(topic: "orders", batch: BookBatch(), isIdempotent: true)
        let billing = TestService(
            "billing",
            migrations: [Migration(version: 1, name: "seen", sql: "CREATE TABLE seen (event_id uuid)")],
            groups: [ConsumerGroup(name: "billing", subscriptions: [orders])]
        )
        let found = await #expect(throws: NotIdempotent.self) {
            try await assertIdempotent(billing, Self.events, contract: KitShop.contract())
        }
        #expect(found?.cut == .secondEntry)
    }

    @Test func aBatchThatDoesAnotherThingThanItsSingleEventsIsFoundByOneRound() async throws {
        struct Rounded: BatchHandler {
            let types = [KitOrder.type]
            func handle(_ batch: [Delivery], in tx: borrowing Transaction) throws {
                for delivery in batch {
                    let cents = try delivery.decode(KitOrder.self).cents / 1000
                    try tx.execute("INSERT INTO sums VALUES (\(delivery.id), \(cents)) ON CONFLICT DO NOTHING")
                }
            }
        }
        let single = ScriptedHandler { order, delivery, tx in
            try tx.execute("INSERT INTO sums VALUES (\(delivery.id), \(order.cents)) ON CONFLICT DO NOTHING")
        }
        let orders = Subscription(topic: "orders", batch: Rounded(), each: [single], few: 2, isIdempotent: true)
        let billing = TestService(
            "billing",
            migrations: [
                Migration(version: 1, name: "sums", sql: "CREATE TABLE sums (id uuid PRIMARY KEY, cents bigint)")
            ],
            groups: [ConsumerGroup(name: "billing", subscriptions: [orders])]
        )
        let found = await #expect(throws: NotIdempotent.self) {
            try await assertIdempotent(billing, Self.events, contract: KitShop.contract())
        }
        #expect(found?.cut == .oneRound && found?.event == nil)
    }

    @Test func randomIDsSequencesAndTheClockAreNoDifference() async throws {
        let handler = ScriptedHandler { order, delivery, tx in
            let (receipt, now) = (UUID(), Date())
            let line = try tx.query(
                """
                INSERT INTO lines (event_id, receipt, printed_at) VALUES (\(delivery.id), \(receipt), \(now))
                ON CONFLICT DO NOTHING RETURNING number
                """
            ) { try $0.decode(0, as: Int64.self) }
            if let line = line.first {
                try tx.execute("INSERT INTO notes (line, text) VALUES (\(line), \(order.orderID))")
            }
        }
        let tables = """
            CREATE TABLE lines (
                number bigserial PRIMARY KEY, event_id uuid UNIQUE, receipt uuid, printed_at timestamptz,
                noted_at timestamptz DEFAULT now()
            );
            CREATE TABLE notes (id int GENERATED ALWAYS AS IDENTITY, line bigint REFERENCES lines, text text);
            """
        #expect(try await found(in: handler, tables: tables) == nil)
    }

    @Test func rowsThatMigrationsHaveMadeAreThereInEachRun() async throws {
        let handler = ScriptedHandler { order, delivery, tx in
            let rate = try tx.query("SELECT percent FROM rates") { try $0.decode(0, as: Int.self) }
            try tx.execute("UPDATE rates SET uses = uses + 1")
            try tx.execute("INSERT INTO fees VALUES (\(delivery.id), \(order.cents * (rate.first ?? 0)))")
        }
        let tables = """
            CREATE TABLE rates (id int PRIMARY KEY, percent int, uses int); INSERT INTO rates VALUES (1, 19, 0);
            CREATE TABLE fees (event_id uuid, cents bigint)
            """
        let found = try await found(in: handler, tables: tables)
        #expect(found?.cut == .crashAfterCommit)
        #expect(
            found?.difference.hasPrefix("table public.fees has 1 row too many: {cents: 9500, ") == true,
            "\(found as Any)"
        )
    }

    @Test func handlersThatDoNotDoTheSameTwiceOrFailAreUncheckable() async throws {
        let calls = Count()
        let random = ScriptedHandler { _, delivery, tx in
            // One row the first time, two the next.
            for _ in 0..<calls.next() { try tx.execute("INSERT INTO rolls VALUES (\(delivery.id))") }
        }
        await #expect(throws: UncheckableHandlers.self) {
            try await found(in: random, tables: "CREATE TABLE rolls (event_id uuid)")
        }
        let failing = ScriptedHandler { _, _, tx in try tx.execute("INSERT INTO nowhere VALUES (1)") }
        let thrown = await #expect(throws: UncheckableHandlers.self) {
            try await found(in: failing, tables: "CREATE TABLE rolls (event_id uuid)")
        }
        #expect(
            thrown?.description.contains("order_placed of key order-1 (event 1 of 3) fails without any cut") == true
        )
    }
}
