import HTTPTesting
import Perch
import PerchConsole
import PerchOperating
import PerchTesting
import Postgres
import Testing

/// A topic gets another number of partitions from the console, on real servers.
@Suite struct PartitionsPageTests {
    private static let page = "/partitions/orders"

    private static func owning(_ settings: inout ConsoleSettings) {
        settings.owners = ["shop": settings.connections.databases["shop"]].compactMapValues(\.self)
        settings.diagnosisAge = .zero
    }

    private static func partitions(_ console: ConsoleSystem) async throws -> Int {
        let plan = try await PartitionChanges(OperatedSystem(console.connections)).plan("orders", to: 1)
        return plan.before
    }

    /// The page that asks, once nothing is in the way.
    private static func ask(_ cookie: String, _ console: ConsoleSystem) async throws -> RawAnswer {
        var asked = try await console.client.get("\(page)?to=8", cookie: cookie)
        try await eventually("nothing is in the way") {
            asked = try await console.client.get("\(page)?to=8", cookie: cookie)
            return asked.body.contains("Hold orders and give")
        }
        return asked
    }

    private static func confirm(_ asked: RawAnswer, _ cookie: String, _ console: ConsoleSystem) async throws
        -> RawAnswer
    {
        try await console.client.post(page, asked.hiddenFields(ofFormTo: page), cookie: cookie)
    }

    @Test func aTopicGetsItsPartitionsAndTheOperationSaysSo() async throws {
        try await withConsole(Self.owning) { console in
            try await console.running("shipping") {
                try await console.running("billing") {
                    let cookie = try await console.client.login()
                    let asked = try await Self.ask(cookie, console)
                    #expect(asked.said.contains("4 → 8"), "\(asked.said)")
                    let begun = try await Self.confirm(asked, cookie, console)
                    let ended = try await console.ended(begun)
                    #expect(ended.said.contains("orders has 8 partitions"), "\(ended.said)")
                    #expect(try await Self.partitions(console) == 8)
                    let again = try await Self.confirm(asked, cookie, console)
                    #expect(again.header("Location") == begun.header("Location"), "a form that is resent does nothing")
                }
            }
        }
    }

    /// A transaction that publishes stays open as long as the body runs.
    private static func publishing(_ console: ConsoleSystem, _ body: () async throws -> Void) async throws {
        try await console.database.execute("CREATE TABLE public.kept AS SELECT 1 AS id")
        let (beginnings, beginning) = AsyncStream<Void>.makeStream()
        let publisher = Task {
            try await console.database.transaction { tx in
                try tx.publish(OrderCounted(order: "a", count: 1))
                beginning.yield()
                // Each question is short, however long it takes.
                while try !tx.query(
                    "SELECT id, pg_sleep(0.01)::text AS slept FROM public.kept",
                    { try $0.decode("id", as: Int32.self) }
                ).isEmpty {}
            }
        }
        for await _ in beginnings { break }
        let result: Result<Void, any Error>
        do { result = .success(try await body()) } catch { result = .failure(error) }
        try await console.database.execute("DELETE FROM public.kept")
        try await publisher.value
        try result.get()
    }

    @Test func aStopTakesTheHoldBack() async throws {
        try await withConsole(Self.owning) { console in
            let cookie = try await console.client.login()
            let asked = try await console.client.get("\(Self.page)?to=8", cookie: cookie)
            try await Self.publishing(console) {
                let begun = try await Self.confirm(asked, cookie, console)
                let operation = try #require(begun.header("Location"))
                try await eventually("it waits for the publisher") {
                    try await console.client.get(operation, cookie: cookie).said.contains(
                        "waiting for a transaction that publishes"
                    )
                }
                try await eventually("each page tells that it is held") {
                    try await console.client.get("/groups", cookie: cookie).said.contains("orders is held")
                }
                let page = try await console.client.get(operation, cookie: cookie)
                _ = try await console.client.post(
                    "\(operation)/stop",
                    page.hiddenFields(ofFormTo: "\(operation)/stop"),
                    cookie: cookie
                )
                let ended = try await console.ended(begun)
                #expect(ended.said.contains("the hold on orders was taken back"), "\(ended.said)")
                #expect(try await Self.partitions(console) == 4)
                try await eventually("no page tells it any more") {
                    try await !console.client.get("/groups", cookie: cookie).said.contains("orders is held")
                }
            }
        }
    }

    /// The number is set, and groups are still to be told.
    @Test func aStopThatComesTooLateStopsNothing() async throws {
        try await withConsole(Self.owning) { console in
            try await console.running("shipping") {
                try await console.running("billing") {
                    let cookie = try await console.client.login()
                    let asked = try await Self.ask(cookie, console)
                    try await console.database.execute("CREATE TABLE public.kept AS SELECT 1 AS id")
                    try await console.database.execute(
                        """
                        CREATE FUNCTION public.wait() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
                            WHILE EXISTS (SELECT FROM public.kept) LOOP PERFORM pg_sleep(0.01); END LOOP;
                            RETURN NEW;
                        END $$
                        """
                    )
                    try await console.database.execute(
                        "CREATE TRIGGER wait BEFORE INSERT ON perch.checkpoints FOR EACH ROW EXECUTE FUNCTION public.wait()"
                    )
                    let begun = try await Self.confirm(asked, cookie, console)
                    let operation = try #require(begun.header("Location"))
                    try await eventually("the number is set") {
                        try await Self.partitions(console) == 8
                    }
                    let page = try await console.client.get(operation, cookie: cookie)
                    let stopped = try await console.client.post(
                        "\(operation)/stop",
                        page.hiddenFields(ofFormTo: "\(operation)/stop"),
                        cookie: cookie
                    )
                    #expect(stopped.status == 303)
                    try await console.database.execute("DELETE FROM public.kept")
                    let ended = try await console.ended(begun)
                    #expect(
                        ended.said.contains("orders has 8 partitions, and what is published flows again"),
                        "\(ended.said)"
                    )
                }
            }
        }
    }

    @Test func aTopicThatStaysHeldIsLetGo() async throws {
        try await withConsole(Self.owning) { console in
            try await PartitionChanges(OperatedSystem(console.connections)).hold(ConsoleSystem.orders, by: "ann")
            let cookie = try await console.client.login()
            var page = try await console.client.get("/groups", cookie: cookie)
            try await eventually("each page tells it") {
                page = try await console.client.get("/failed", cookie: cookie)
                return page.said.contains("orders is held since")
            }
            #expect(page.links(to: Self.page).count == 1)
            let choice = try await console.client.get(Self.page, cookie: cookie)
            #expect(choice.links(to: "\(Self.page)?to=4").count == 1)
            let asked = try await console.client.get("\(Self.page)?to=4", cookie: cookie)
            #expect(asked.body.contains("Let orders go in test"))
            let begun = try await Self.confirm(asked, cookie, console)
            let ended = try await console.ended(begun)
            #expect(ended.said.contains("what is published flows again"), "\(ended.said)")
        }
    }

    @Test func whatWasConfirmedForAnotherStateIsAskedAnew() async throws {
        try await withConsole(Self.owning) { console in
            try await console.running("shipping") {
                try await console.running("billing") {
                    let cookie = try await console.client.login()
                    let asked = try await Self.ask(cookie, console)
                    try await PartitionChanges(OperatedSystem(console.connections)).repartition(
                        "orders",
                        to: 6,
                        by: "eve"
                    )
                    let refused = try await Self.confirm(asked, cookie, console)
                    #expect(refused.status == 409 && refused.said.contains("6 → 8"), "\(refused.said)")
                    #expect(try await Self.partitions(console) == 6)
                }
            }
        }
    }

    @Test func withoutTheOwnersRoleTheCommandIsTold() async throws {
        try await withConsole { console in
            let page = try await console.client.get("\(Self.page)?to=8")
            #expect(page.status == 200 && !page.body.contains("method=\"post\" action=\"\(Self.page)\""))
        }
    }
}
